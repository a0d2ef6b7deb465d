"""Dashboards inside pages of other sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lobby.conftest import Browser, RunningLobby, launched
from tests.lobby.supervisor import FakeSupervisor

INTRANET = "https://intranet.example.org"
URL = "/app/autoload.js?bokeh-autoload-element=e1&bokeh-app-path=/app"


@pytest.fixture(scope="module")
def lobby(fake: FakeSupervisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLobby]:
    """A lobby whose dashboards one other site may embed."""
    settings = {"APP_URL": "https://dash.example.org", "BERTH_EMBED_ORIGINS": INTRANET}
    with launched(tmp_path_factory.mktemp("embedding"), fake, **settings) as running_lobby:
        yield running_lobby


def test_a_visitor_is_sent_to_the_berth_with_a_ticket(browser: Browser) -> None:
    """307 to the same address, readable for the named origin with its cookies."""
    answer = browser.become().get(URL, Origin=INTRANET)
    assert (answer.status, answer.location) == (307, f"{URL}&seat=1")
    assert answer.headers["Access-Control-Allow-Origin"] == INTRANET
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "berth" in browser.cookies


def test_somebody_unknown_gets_a_script_with_a_link(browser: Browser) -> None:
    """It is put where the dashboard would be; nothing in the address can break out of it."""
    answer = browser.get("/app/autoload.js?bokeh-autoload-element=</script>e1", Origin=INTRANET)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "</script>" not in answer.text.rpartition("berthEmbed(")[2]
    assert '"open": "https://dash.example.org/berth/seat?next=/app"' in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.org"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_site_that_is_not_named_gets_nothing(browser: Browser, fake: FakeSupervisor, headers: dict[str, str]) -> None:
    """And takes no seat for its visitor."""
    answer = browser.become().get(URL, **headers)
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert browser.visitor not in fake.taken
    assert (
        browser.ask("OPTIONS", URL, None, {name.replace("_", "-"): text for name, text in headers.items()}).status
        == 403
    )


def test_a_browser_may_ask_beforehand(browser: Browser) -> None:
    """OPTIONS is answered for the named origin."""
    answer = browser.ask("OPTIONS", URL, None, {"Origin": INTRANET})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, INTRANET)
