"""The Secret that the controller makes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from berth.auth import Passwords
from berth.controller import secret
from berth.errors import ConfigurationError
from berth.settings import Settings
from tests.controller.world import World, play, world

NAME = "web-secret"


def content(all_of_it: World) -> dict[str, str]:
    """Return the Secret's data as text."""
    data: dict[str, str] = all_of_it.cluster.secrets[NAME]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def existing(all_of_it: World, **data: str) -> None:
    """Have a Secret already."""
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    all_of_it.cluster.secrets[NAME] = {"metadata": {"name": NAME}, "data": encoded}


async def ensure(all_of_it: World) -> str:
    """Do what the start does."""
    return await secret.ensure(all_of_it.controller.api, all_of_it.controller.settings)


def test_a_login_is_made_that_works(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The hash in credentials is that of the password, which is in no log; uninstalling removes the Secret."""

    @play
    async def scenario() -> None:
        async with world(make_secret="credentials") as all_of_it:
            made = await ensure(all_of_it)
            found = content(all_of_it)
            assert found["cookie-secret"] == made
            assert len(made) == 64
            file = tmp_path / "credentials"
            file.write_text(found["credentials"])
            passwords = Passwords.load(Settings.load({}, credentials_file=str(file)))
            assert passwords.verify("admin", found["password"])
            assert found["password"] not in caplog.text
            owners = all_of_it.cluster.secrets[NAME]["metadata"]["ownerReferences"]
            assert [(owner["kind"], owner["uid"]) for owner in owners] == [("Deployment", "uid-of-web-controller")]

    scenario()


@play
async def test_only_the_cookie_secret_is_made_where_users_are_given() -> None:
    """No login that nobody asked for."""
    async with world(make_secret="cookie-secret") as all_of_it:
        await ensure(all_of_it)
        assert set(content(all_of_it)) == {"cookie-secret"}


@play
async def test_an_existing_secret_is_read_and_never_written() -> None:
    """Also when another one made it at the same moment."""
    async with world(make_secret="cookie-secret") as all_of_it:
        existing(all_of_it, **{"cookie-secret": "c" * 40})
        assert await ensure(all_of_it) == "c" * 40
        all_of_it.cluster.fail("GET", NAME, 404, times=1)
        assert await ensure(all_of_it) == "c" * 40
        assert content(all_of_it) == {"cookie-secret": "c" * 40}


def test_a_missing_key_is_named_with_the_way_out(caplog: pytest.LogCaptureFixture) -> None:
    """Without a login the controller runs; without a cookie secret it cannot."""

    @play
    async def scenario() -> None:
        async with world(make_secret="credentials") as all_of_it:
            existing(all_of_it, **{"cookie-secret": "c" * 40})
            assert await ensure(all_of_it) == "c" * 40
            assert "The Secret web-secret has no key credentials: add it" in caplog.text
            existing(all_of_it, credentials="a:b")
            with pytest.raises(ConfigurationError, match="has no key cookie-secret"):
                await ensure(all_of_it)

    scenario()
