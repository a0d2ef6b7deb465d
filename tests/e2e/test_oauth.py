"""Login by an OpenID provider on the node, which pods and browsers reach at the same address."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import VALUES
from tests.e2e.kubectl import Namespace, run
from tests.e2e.release import Release, merged
from tests.support.client import Browser
from tests.support.openid import MEMBERS, OpenID, arrive, begin


def node() -> str:
    """The address of the cluster's node, if that is this machine; skips where pods could reach no server here."""
    address = run("kubectl", "get", "nodes", "--output", "jsonpath={.items[0].status.addresses[0].address}")
    try:
        socket.create_server((address, 0)).close()
    except OSError:
        pytest.skip(f"the node {address} is another machine, so that its pods reach no provider on this one")
    return address


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenID]:
    """A real OpenID server, which would insist on https anywhere but on a loopback address."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with OpenID(node()) as server:
        yield server


@pytest.fixture
def oauth(namespace: Namespace, provider: OpenID) -> Iterator[Release]:
    """A release that logs in by it, with the client's secret in a Secret that was there before."""
    made = Release(namespace, "oauth")
    client, secret = provider.register(f"{made.url}/login")
    given = (f"--from-literal=cookie-secret={'s' * 40}", f"--from-literal=client-secret={secret}")
    namespace.kubectl("create", "secret", "generic", "oauth-login", *given)
    values = {
        "auth": {
            "login": "oauth",
            "credentials": "",
            "existingSecret": "oauth-login",
            "oauth": {"provider": "generic", "issuer": provider.url, "clientId": client, "name": "Example"},
        },
        "dashboards": {"files": {"members.py": MEMBERS}, "scripts": ["members.py"]},
    }
    made.install(**merged(made.reachable(), merged(VALUES, values)))
    try:
        made.await_all()
        yield made
    finally:
        made.uninstall()
        namespace.kubectl("delete", "secret", "oauth-login")


def test_a_provider_logs_in_and_the_dashboard_decides_by_its_claims(oauth: Release, provider: OpenID) -> None:
    """The page has the provider's button; whichever fronts are met, members get in and others are told no."""
    assert "Example" in Browser(oauth.url).page("/login").text
    ada, eve = Browser(oauth.url), Browser(oauth.url)
    for browser, sub in ((ada, "ada"), (eve, "eve")):
        for _ in range(3):
            callback = provider.approve(begin(browser, "/members"), sub)
            browser.http.close()
            assert arrive(browser, callback).headers["Location"].endswith("/members")
    session = ada.open("/members")
    session.find(label="user: ada@example.org")
    refused = eve.seated_page("/members").text
    assert "not authorized" in refused.lower()
    assert "user: eve" not in refused
    session.leave()
