"""Users and passwords."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from berth.auth import Passwords, hash_password, read_accounts, split_credentials
from berth.errors import ConfigurationError
from berth.settings import Settings

HASH = "$argon2id$v=19$m=65536,t=3,p=4$KRwAU0FlYPNR2EPEUPXuIQ$6wRX3G2LLzfOpINOB0i8sXdgeAjR5peeuC6lz11Atss"
"""Of "x", made with other parameters than ours."""


def accounts(credentials: str = "", file: Path | None = None) -> dict[str, str]:
    """Return what is read, by user."""
    settings = Settings(credentials=credentials, credentials_file=str(file or ""))
    return {account.user: account.secret for account in read_accounts(settings)}


def problems(credentials: str = "", file: Path | None = None) -> tuple[str, ...]:
    """Return the sentences of the error."""
    with pytest.raises(ConfigurationError) as caught:
        accounts(credentials, file)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a:b", {"a": "b"}),
        ("user:secret,user2:secret2", {"user": "secret", "user2": "secret2"}),
        ("a:b, c:d", {"a": "b", "c": "d"}),
        ("a:b:c:d,e:f", {"a": "b:c:d", "e": "f"}),
        (f"a:{HASH}", {"a": HASH}),
        (f"a:{HASH},b:c", {"a": HASH, "b": "c"}),
        (f"x:y,a:{HASH},b:{HASH}", {"x": "y", "a": HASH, "b": HASH}),
        ("ä:ü", {"ä": "ü"}),
    ],
)
def test_credentials_are_split_at_commas_but_not_inside_hashes(text: str, expected: dict[str, str]) -> None:
    """Passwords may contain colons, and an argon2 hash keeps its commas."""
    assert accounts(text) == expected


def test_a_file_holds_one_account_a_line(tmp_path: Path) -> None:
    """Comments and blank lines are skipped, and passwords in a file may contain commas."""
    file = tmp_path / "users"
    file.write_text(f"\ufeff# people\n\nada:a,b:c\n  # more\nbob:{HASH}\r\n", encoding="utf-8")
    assert accounts("eve:x", file) == {"eve": "x", "ada": "a,b:c", "bob": HASH}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("hunter2", "no colon"),
        ("a:hunter2,hunter3", "entry 2 has no colon"),
        ("a:hunter2,", "entry 2 has no colon"),
        (":hunter2", "no user name"),
        ("a:", "no password for a"),
        ("a:hunter2,a:hunter3", "a stands 2 times"),
        ("a\x07:hunter2", "control characters"),
        ("a:$argon2id$hunter2", "broken hash for a"),
        (f"a:{HASH}x hunter2,b:c", "broken hash for a"),
        ("a:" + "hunter2" * 500, "more than 1024 bytes"),
    ],
)
def test_a_malformed_entry_is_named_without_its_secret(text: str, word: str) -> None:
    """The error says where and what, and never the password."""
    (problem,) = problems(text)
    assert word in problem
    assert "hunter" not in problem


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    """Entries of the variable and lines of the file stand in one error."""
    file = tmp_path / "users"
    file.write_text("ok:ok\nbroken\n:x\n")
    found = problems("a:b,c", file)
    assert [problem.split(" has")[0] for problem in found] == [
        "CREDENTIALS: entry 2",
        f"{file}, line 2:",
        f"{file}, line 3:",
    ]


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 name the file and do not raise anything else."""
    file = tmp_path / "users"
    file.write_bytes(b"\xff\xfe\x00")
    assert str(file) in problems(file=file)[0]


def test_plain_passwords_warn_once_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    """However many there are, one line says what to do."""
    with caplog.at_level(logging.WARNING):
        Passwords.load(Settings(credentials=f"a:hunter2,b:hunter3,c:{HASH}"))
    assert len(caplog.records) == 1
    assert "hash-password" in caplog.text
    assert "hunter" not in caplog.text


def test_only_the_right_password_is_right() -> None:
    """Plain text, our hashes and hashes with other parameters work alike."""
    passwords = Passwords.load(Settings(credentials=f"plain:s:e,ours:{hash_password('größe')},other:{HASH}"))
    assert passwords.verify("plain", "s:e")
    assert passwords.verify("ours", "größe")
    assert passwords.verify("other", "x")
    for user, password in [("plain", "s"), ("ours", "grösse"), ("other", ""), ("nobody", "x"), ("nobody", "nobody")]:
        assert not passwords.verify(user, password)


def test_a_hash_is_no_password() -> None:
    """Whoever has seen the hash cannot log in with it."""
    assert not Passwords.load(Settings(credentials=f"a:{HASH}")).verify("a", HASH)


def test_an_endless_name_or_password_just_fails() -> None:
    """Ten megabytes cost no more than a wrong password."""
    passwords = Passwords.load(Settings(credentials="a:b"))
    for user, password in [("x" * 10**7, "b"), ("a", "x" * 10**7), ("a", "\ud800")]:
        began = time.perf_counter()
        assert not passwords.verify(user, password)
        assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("secret", ["plain", HASH])
def test_an_unknown_user_takes_as_long_as_a_known_one(secret: str) -> None:
    """The time of an answer does not say whether a user exists."""

    def cost(user: str) -> float:
        times = []
        for _ in range(7):
            began = time.thread_time()
            passwords.verify(user, "wrong")
            times.append(time.thread_time() - began)
        return sorted(times)[1]

    passwords = Passwords.load(Settings(credentials=f"known:{secret}"))
    assert 0.6 < cost("known") / cost("unknown") < 1.7


def test_entries_end_where_they_should() -> None:
    """An empty entry at the end is seen, so that it can be reported."""
    assert list(split_credentials("a:b,")) == ["a:b", ""]
    assert list(split_credentials("")) == []
