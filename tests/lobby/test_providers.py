"""The providers that Panel knows, and settings that cannot work."""

from __future__ import annotations

import pytest

from berth.errors import ConfigurationError
from berth.lobby.oauth.client import OAuth
from berth.lobby.oauth.people import People
from berth.lobby.oauth.providers import Provider, extra_parameters, provider_of
from berth.settings import Settings

BASE = {"APP_URL": "https://dash.example.org", "BERTH_LOGIN": "oauth", "PANEL_OAUTH_KEY": "id"}
URLS = {f"PANEL_OAUTH_{name}_URL": f"https://id.example/{name.lower()}" for name in ("AUTHORIZE", "TOKEN", "USER")}


def provider(**environment: str) -> Provider:
    return provider_of(Settings.load({**BASE, **environment}))


@pytest.mark.parametrize(
    ("name", "extra", "asked", "claim"),
    [
        ("google", "", "https://accounts.google.com/.well-known/openid-configuration", "email"),
        ("github", "", "https://github.com/login/oauth/access_token", "login"),
        ("bitbucket", "", "https://bitbucket.org/site/oauth2/access_token", "username"),
        ("gitlab", "", "https://gitlab.com/.well-known/openid-configuration", "preferred_username"),
        ("gitlab", '{"url": "git.example.org"}', "https://git.example.org/.well-known/openid-configuration", ""),
        ("okta", '{"url": "x.okta.com"}', "https://x.okta.com/oauth2/default/.well-known/openid-configuration", ""),
        ("okta", "{'url': 'x.okta.com', 'server': ''}", "https://x.okta.com/.well-known/openid-configuration", ""),
        ("auth0", '{"subdomain": "dev-1.eu"}', "https://dev-1.eu.auth0.com/.well-known/openid-configuration", "email"),
        (
            "azurev2",
            '{"tenant": "example.org"}',
            "https://login.microsoftonline.com/example.org/v2.0/.well-known/openid-configuration",
            "email",
        ),
        (
            "azure",
            '{"tenant": "example.org"}',
            "https://login.microsoftonline.com/example.org/.well-known/openid-configuration",
            "unique_name",
        ),
    ],
)
def test_panels_names_and_parameters_lead_to_the_same_providers(name: str, extra: str, asked: str, claim: str) -> None:
    found = provider(PANEL_OAUTH_PROVIDER=name, PANEL_OAUTH_EXTRA_PARAMS=extra)
    assert asked in (found.discovery, found.token_url)
    assert found.user_claim == claim or not claim


def test_a_generic_provider_is_found_by_its_issuer_or_its_three_addresses() -> None:
    by_issuer = provider(PANEL_OAUTH_PROVIDER="generic", BERTH_OAUTH_ISSUER="https://id.example/realms/x")
    assert by_issuer.discovery == "https://id.example/realms/x/.well-known/openid-configuration"
    by_addresses = provider(PANEL_OAUTH_PROVIDER="auth_code", **URLS)
    assert (by_addresses.token_url, by_addresses.label) == ("https://id.example/token", "id.example")


def test_scope_claim_and_name_can_be_chosen() -> None:
    chosen = {"PANEL_OAUTH_SCOPE": "openid,groups", "PANEL_OAUTH_JWT_USER": "upn", "BERTH_OAUTH_NAME": "Work"}
    found = provider(PANEL_OAUTH_PROVIDER="google", **chosen)
    assert (found.scopes, found.user_claim, found.label) == (("openid", "groups"), "upn", "Work")


def test_other_parameters_go_to_the_providers_page() -> None:
    given = {"PANEL_OAUTH_PROVIDER": "auth0", "PANEL_OAUTH_EXTRA_PARAMS": '{"subdomain": "x", "prompt": "login"}'}
    assert extra_parameters(Settings.load({**BASE, **given})) == {"prompt": "login"}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "BERTH_LOGIN=oauth needs PANEL_OAUTH_PROVIDER"),
        ({"PANEL_OAUTH_PROVIDER": "google", "PANEL_OAUTH_KEY": ""}, "needs PANEL_OAUTH_KEY"),
        ({"PANEL_OAUTH_PROVIDER": "generic"}, "needs BERTH_OAUTH_ISSUER, or PANEL_OAUTH_AUTHORIZE_URL"),
        ({"PANEL_OAUTH_PROVIDER": "google", "BERTH_OAUTH_ISSUER": "https://x.example"}, "goes with"),
        ({"PANEL_OAUTH_PROVIDER": "azure"}, "anybody with a Microsoft account"),
        (
            {"PANEL_OAUTH_PROVIDER": "azurev2", "PANEL_OAUTH_EXTRA_PARAMS": '{"tenant": "common"}'},
            "anybody with a Microsoft account",
        ),
        ({"PANEL_OAUTH_PROVIDER": "auth0"}, 'needs PANEL_OAUTH_EXTRA_PARAMS={"subdomain"'),
        (
            {"PANEL_OAUTH_PROVIDER": "okta", "PANEL_OAUTH_EXTRA_PARAMS": '{"url": "https://x.okta.com"}'},
            "write only that, without https://",
        ),
        (
            {"PANEL_OAUTH_PROVIDER": "google", "PANEL_OAUTH_REDIRECT_URI": "https://other.example/login"},
            "must lie below https://dash.example.org",
        ),
        ({"PANEL_OAUTH_PROVIDER": "facebook"}, "PANEL_OAUTH_PROVIDER=facebook must be one of"),
        ({"PANEL_OAUTH_EXTRA_PARAMS": "tenant=x"}, "must be a JSON object"),
        ({"PANEL_OAUTH_EXTRA_PARAMS": "__import__('os')"}, "must be a JSON object"),
        ({"BERTH_OAUTH_ISSUER": "login.example.org"}, "must look like https://"),
        ({"BERTH_OAUTH_SECRET_FILE": "/no/file"}, "names a file that is not there"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        provider(**environment)
    assert any(said in problem for problem in refused.value.problems)


def test_a_site_without_encryption_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    given = {**BASE, "PANEL_OAUTH_PROVIDER": "generic", "BERTH_OAUTH_ISSUER": "http://id.example"}
    OAuth(Settings.load(given))
    assert "id.example is asked without encryption" in caplog.text


@pytest.mark.parametrize(("allowed", "warned"), [("", True), ("@example.org", False)])
def test_a_site_open_to_all_of_github_is_warned_about(
    allowed: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    OAuth(Settings.load({**BASE, "PANEL_OAUTH_PROVIDER": "github", "BERTH_OAUTH_ALLOWED": allowed}))
    assert ("anybody with an account at GitHub may come in" in caplog.text) is warned


@pytest.mark.parametrize(
    ("allowed", "claims", "admitted"),
    [
        ("", {"email": "ann@a.example"}, True),
        ("ann@a.example", {"email": "Ann@A.example"}, True),
        ("@a.example", {"email": "ann@a.example"}, True),
        ("@a.example", {"email": "ann@aa.example"}, False),
        ("@a.example", {"email": "ann@b.a.example"}, False),
        ("bob@a.example, @b.example", {"email": "ann@a.example"}, False),
    ],
)
def test_who_is_allowed_comes_in(allowed: str, claims: dict[str, object], admitted: bool) -> None:
    settings = Settings.load({**BASE, "PANEL_OAUTH_PROVIDER": "google", "BERTH_OAUTH_ALLOWED": allowed})
    people = People(settings, provider_of(settings))
    assert people.admits(people.name(claims), claims) is admitted


def test_a_name_that_one_may_choose_is_no_address() -> None:
    """Where the claim is a nickname, `boss@a.example` is only a nickname."""
    chosen = {"PANEL_OAUTH_PROVIDER": "gitlab", "BERTH_OAUTH_ALLOWED": "@a.example"}
    settings = Settings.load({**BASE, **chosen})
    people = People(settings, provider_of(settings))
    nickname = {"preferred_username": "boss@a.example"}
    assert not people.admits(people.name(nickname), nickname)
    unverified = {**nickname, "email": "boss@a.example", "email_verified": False}
    assert not people.admits(people.name(unverified), unverified)
