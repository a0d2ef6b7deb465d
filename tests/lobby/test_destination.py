"""``next`` leads only to this site."""

from __future__ import annotations

import pytest

from berth.lobby.destination import destination, with_next


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app",
        "//evil.org",
        "///evil.org",
        "/\\evil.org",
        "\\/evil.org",
        "/\t/evil.org",
        "\t//evil.org",
        " //evil.org",
        "/ /evil.org",
        "https://evil.org",
        "https:/evil.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "/app\r\nSet-Cookie: a=b",
        "/app\nX: y",
        "/app\x00",
        "/app\x7f",
        "/../other",
        "/app/../../x",
        "http://[::1",
        "/login",
        "/login?next=/app",
        "/logout",
        "/berth/waiting?next=/x",
        "/berth/seat",
        "/berth/ended",
        "/" + "x" * 5000,
    ],
)
def test_what_leads_elsewhere_leads_home(text: str) -> None:
    """Other hosts, schemes, control characters, backslashes and our own pages are refused."""
    assert destination(text, "") == "/"


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/app",
        "/app?a=1&b=%20#part",
        "/app?next=https://evil.org",
        "/a/b/c.html#/x",
        "/berth/index",
        "/loginpage",
        "/%2f%2fevil.org",
        "/app?x=a/../b",
    ],
)
def test_a_path_of_this_site_is_kept_as_it_is(text: str) -> None:
    """Query and fragment stay, escapes are not undone."""
    assert destination(text, "") == text


def test_letters_of_other_scripts_are_escaped() -> None:
    """A header holds ASCII only."""
    assert destination("/größe?q=ü", "") == "/gr%C3%B6%C3%9Fe?q=%C3%BC"


@pytest.mark.parametrize("text", ["/", "/other", "/dashboard", "/dash/login", "//dash/x", "/dash/../x"])
def test_under_a_prefix_only_what_lies_under_it_is_ours(text: str) -> None:
    """The rest of the host belongs to somebody else."""
    assert destination(text, "/dash") == "/dash/"
    assert destination("/dash/app?x#y", "/dash") == "/dash/app?x#y"


def test_next_survives_the_way_through_an_address() -> None:
    """Query and fragment of the target are escaped in the query of the address."""
    assert with_next("/login", "/app?a=1&b=2#c") == "/login?next=/app%3Fa%3D1%26b%3D2%23c"
