"""What is said of the visitor to those behind the router, and to browsers by every answer."""

from __future__ import annotations

import http.client

import pytest

from tests.router.conftest import PAGE, Make, Router, free_port, ticket_to

FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "6.6.6.6",
    "X-Scheme": "https",
    "Forwarded": "for=6.6.6.6;proto=https",
    "Host": "dash.example",
}


@pytest.mark.parametrize("seated", [True, False])
def test_what_a_stranger_says_of_itself_is_replaced(router: Router, seated: bool) -> None:
    router.get("/explorer", router.ticket if seated else "", **FORGED)
    headers = (router.berth if seated else router.lobby).last.headers
    assert headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert headers.get_all("X-Real-IP") == ["127.0.0.1"]
    assert headers.get_all("X-Forwarded-Proto") == ["http"]
    assert headers.get_all("X-Forwarded-Host") == ["dash.example"]
    assert not {"X-Forwarded-Port", "X-Forwarded-Prefix", "X-Scheme", "Forwarded"} & set(headers)


@pytest.mark.parametrize("seated", [True, False])
def test_a_trusted_proxy_is_believed(make: Make, seated: bool) -> None:
    router = make(BERTH_TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1")
    router.get("/explorer", router.ticket if seated else "", **FORGED | {"X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
    headers = (router.berth if seated else router.lobby).last.headers
    assert headers.get_all("X-Forwarded-For") == ["203.0.113.7"]
    assert headers.get_all("X-Real-IP") == ["203.0.113.7"]
    assert headers.get_all("X-Forwarded-Proto") == ["https"]
    assert headers.get_all("X-Forwarded-Host") == ["evil.example"]
    assert "Forwarded" not in headers


def test_a_trusted_proxy_that_says_nothing_is_the_visitor(make: Make) -> None:
    router = make(BERTH_TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1")
    router.get("/explorer", X_Forwarded_Proto="gopher")
    assert router.lobby.last.headers["X-Real-IP"] == "127.0.0.1"
    assert router.lobby.last.headers["X-Forwarded-Proto"] == "http"


def test_a_proxy_elsewhere_is_not_trusted(make: Make) -> None:
    router = make(BERTH_TRUSTED_PROXIES="10.0.0.0/8")
    router.get("/explorer", **FORGED)
    assert router.lobby.last.headers["X-Real-IP"] == "127.0.0.1"


def test_with_an_https_address_the_scheme_is_https(make: Make) -> None:
    router = make(APP_URL="https://dash.example")
    router.get("/explorer", X_Forwarded_Proto="http")
    assert router.lobby.last.headers["X-Forwarded-Proto"] == "https"


def answers(router: Router) -> dict[str, http.client.HTTPMessage]:
    """One answer of each origin: lobby, berth, the router itself."""
    return {
        "lobby": router.get("/login").headers,
        "berth": router.get("/explorer", router.ticket).headers,
        "refused": router.get("//x").headers,
        "too big": router.get("/x", Content_Length="99999999999").headers,
        "dead": router.get("/x", ticket_to(free_port()), **PAGE).headers,
        "crashed": router.get("/die", router.ticket).headers,
    }


def test_every_answer_carries_the_security_headers(router: Router) -> None:
    for origin, headers in answers(router).items():
        assert headers.get_all("X-Content-Type-Options") == ["nosniff"], origin
        assert headers.get_all("Referrer-Policy") == ["strict-origin-when-cross-origin"], origin
        assert headers["Strict-Transport-Security"] is None, origin
        assert headers["Server"] is None, origin


def test_https_is_remembered_by_browsers(make: Make) -> None:
    router = make(APP_URL="https://dash.example")
    for origin, headers in answers(router).items():
        assert headers["Strict-Transport-Security"] == "max-age=31536000", origin


def directives(headers: http.client.HTTPMessage) -> dict[str, set[str]]:
    (policy,) = headers.get_all("Content-Security-Policy") or [""]
    parts = (directive.split() for directive in policy.split(";"))
    return {name: set(values) for name, *values in parts}


def test_pages_carry_a_policy_that_panel_can_live_with(router: Router) -> None:
    policy = directives(router.get("/explorer", router.ticket).headers)
    assert policy["default-src"] == {"'self'"}
    assert policy["script-src"] == {"'self'", "'unsafe-inline'", "'unsafe-eval'", "blob:", "https:"}
    assert policy["connect-src"] == {"'self'", "data:", "blob:", "https:"}
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == {"'self'"}


def test_content_sources_and_embedding_sites_are_the_operators(make: Make) -> None:
    router = make(BERTH_CONTENT_SOURCES="'self'", BERTH_EMBED_ORIGINS="https://intra.example https://b.example:8443")
    policy = directives(router.get("/explorer", router.ticket).headers)
    assert policy["img-src"] == {"'self'", "data:", "blob:"}
    assert policy["frame-ancestors"] == {"'self'", "https://intra.example", "https://b.example:8443"}


@pytest.mark.parametrize("seated", [True, False])
def test_a_page_with_a_policy_of_its_own_keeps_it(router: Router, seated: bool) -> None:
    headers = router.get("/policy", router.ticket if seated else "").headers
    assert headers.get_all("Content-Security-Policy") == ["default-src 'none'"]


def test_scripts_carry_no_policy_because_it_would_only_cost_bytes(router: Router) -> None:
    assert router.get("/script", router.ticket).headers["Content-Security-Policy"] is None


@pytest.mark.parametrize("target", ["/static/untyped", "/static/untyped?seat=1"])
def test_a_static_script_without_a_type_may_run(router: Router, target: str) -> None:
    """Panel ships some, such as bundled/vegaplot/vega@6.1.2; browsers refuse them with nosniff."""
    assert router.get(target, router.ticket).headers["X-Content-Type-Options"] is None
    assert router.get("/untyped", router.ticket).headers["X-Content-Type-Options"] == "nosniff"
