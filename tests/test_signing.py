"""Tokens that HAProxy reads, compared with PyJWT."""

from __future__ import annotations

import time

import jwt
import pytest

from berth import signing
from berth.errors import TicketError

KEY = "k" * 64


def test_others_read_what_is_signed_here_and_the_other_way_round() -> None:
    claims = {"user": "ädä", "port": 5006, "exp": int(time.time()) + 60}
    assert jwt.decode(signing.sign(claims, KEY), KEY, algorithms=["HS256"]) == claims
    assert signing.read(jwt.encode(claims, KEY, "HS256"), KEY) == claims


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode({"a": 1}, None, "none"),
        jwt.encode({"a": 1}, "o" * 64, "HS256"),
        jwt.encode({"a": 1}, KEY, "HS512"),
        signing.sign({"a": 1}, KEY)[:-1],
        signing.sign({"a": 1}, KEY).replace(".", ".e30", 1),
        "",
        "..",
        "a.b.c",
        "ä.ö.ü",
        "\udc80.\udc80.\udc80",
    ],
)
def test_what_was_not_signed_with_the_key_is_refused(token: str) -> None:
    """By another key, another algorithm, in part, or not at all."""
    with pytest.raises(TicketError, match="not ours"):
        signing.read(token, KEY)


def test_a_token_ends_when_it_says_so() -> None:
    signing.read(signing.sign({"exp": time.time() + 5}, KEY), KEY)
    with pytest.raises(TicketError, match="expired"):
        signing.read(signing.sign({"exp": time.time()}, KEY), KEY)
