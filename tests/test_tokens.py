"""Access tokens in cookies: whose they are, and until when."""

from __future__ import annotations

import time

import pytest

from berth.errors import TicketError
from berth.tickets import Keys, Visitor
from berth.tokens import Token, seal, unseal

KEYS = Keys("s" * 40)
ADA = Visitor("1", "ada")
TOKEN = Token("secret", time.time() + 86400)


def test_a_token_reaches_its_visitor_and_is_not_to_be_seen_on_the_way() -> None:
    sealed = seal(KEYS, ADA, TOKEN)
    assert "secret" not in sealed
    assert unseal(KEYS, ADA, sealed) == TOKEN


@pytest.mark.parametrize(
    ("keys", "visitor"),
    [(Keys("t" * 40), ADA), (KEYS, Visitor("2", "ada"))],
    ids=["another secret", "another browser"],
)
def test_it_reaches_nobody_else(keys: Keys, visitor: Visitor) -> None:
    with pytest.raises(TicketError):
        unseal(KEYS, ADA, seal(keys, visitor, TOKEN))


def test_it_says_when_it_has_expired() -> None:
    assert Token("secret", time.time() - 1).expired
    assert not TOKEN.expired


@pytest.mark.parametrize("sealed", ["", "x", "ä", "gAAAAA=="])
def test_nonsense_is_refused_with_our_error(sealed: str) -> None:
    with pytest.raises(TicketError):
        unseal(KEYS, ADA, sealed)
