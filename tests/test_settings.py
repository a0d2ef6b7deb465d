"""Settings: what is read from where, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from berth.settings import Settings, documentation

SECRET = "s" * 40


def problems(**environment: str) -> tuple[str, ...]:
    """Return what is wrong with an environment."""
    with pytest.raises(ConfigurationError) as refused:
        Settings.load(environment)
    return refused.value.problems


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.load({})
    assert settings == Settings()
    assert (settings.url, settings.prefix, settings.secure) == ("http://localhost:8080", "", False)


def test_the_threads_names_work_as_they_are() -> None:
    settings = Settings.load(
        {"APP_URL": "https://h.example/dash/", "PORT": "80", "COOKIE_SECRET": SECRET, "CREDENTIALS": "ann:x:y"}
    )
    assert (settings.url, settings.prefix, settings.secure) == ("https://h.example/dash", "/dash", True)
    assert (settings.port, settings.cookie_secret, settings.credentials) == (80, SECRET, "ann:x:y")


def test_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=1111\nBERTH_SEATS=3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "2222")
    assert (Settings.load().port, Settings.load().seats) == (2222, 3)


def test_the_command_line_wins_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "2222")
    assert Settings.load(None, port="3333").port == 3333


def test_an_empty_value_means_the_default() -> None:
    assert Settings.load({"PORT": "", "BERTH_HOST": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "http", "PORT=http is not a whole number."),
        ("PORT", "0", "PORT=0 must lie between 1 and 65535."),
        ("PORT", "65536", "PORT=65536 must lie between 1 and 65535."),
        ("BERTH_SEATS", "0", "BERTH_SEATS=0 must lie between 1 and 10000."),
        ("BERTH_SEATS", "-3", "BERTH_SEATS=-3 must lie between 1 and 10000."),
        ("BERTH_SEATS", "1.5", "BERTH_SEATS=1.5 is not a whole number."),
        ("BERTH_MAX_BERTHS", "0", "BERTH_MAX_BERTHS=0 must lie between 1 and 1000."),
        ("BERTH_SPARE", "-1", "BERTH_SPARE=-1 must lie between 0 and 1000."),
        ("BERTH_SEAT_GRACE", "soon", "BERTH_SEAT_GRACE=soon is not a number of seconds."),
        ("BERTH_SEAT_GRACE", "-1", "BERTH_SEAT_GRACE=-1 must be 0 seconds or more."),
        ("BERTH_SEAT_GRACE", "nan", "BERTH_SEAT_GRACE=nan must be 0 seconds or more."),
        ("BERTH_LOGIN", "sso", "BERTH_LOGIN=sso must be one of: password, oauth, none."),
        ("BERTH_LOG_LEVEL", "loud", "BERTH_LOG_LEVEL=loud must be one of: debug, info, warning, error."),
        ("BERTH_COLOUR", "blue", "BERTH_COLOUR=blue must be a colour such as #0b6e8f."),
        ("BERTH_LOGO", "/no/logo.svg", "BERTH_LOGO=/no/logo.svg names a file that is not there."),
        ("BERTH_CREDENTIALS_FILE", "/no", "BERTH_CREDENTIALS_FILE=/no names a file that is not there."),
        ("BERTH_REPLICAS", "here", "BERTH_REPLICAS=here has 'here', which is no HOST:PORT."),
        ("BERTH_EMBED_ORIGINS", "intra", "has 'intra', which is no origin such as https://intranet.example.org."),
        ("BERTH_TRUSTED_PROXIES", "10.0.0.0/40", "has '10.0.0.0/40', which is no address or network such as"),
        ("BERTH_TRUSTED_PROXIES", "proxy", "has 'proxy', which is no address or network such as 10.0.0.0/8."),
        ("BERTH_CONTENT_SOURCES", "https:;script-src", "which is no CSP source such as https:"),
        ("BERTH_CONTENT_SOURCES", "'unsafe-inline'", "which is no CSP source such as https:"),
        ("BERTH_HOST", "127.0.0.1 accept-proxy", "is no address to listen on, such as 127.0.0.1, or * for all."),
        ("BERTH_HOST", "127.0.0.1\nbackend x", "is no address to listen on"),
        ("APP_URL", "dash.example.org", "must look like https://dash.example.org"),
        ("APP_URL", "https://", "must look like https://dash.example.org"),
        ("APP_URL", "ftp://h.example", "must look like https://dash.example.org"),
        ("APP_URL", "https://h.example:http", "is not an address"),
        ("APP_URL", "https://h.example/a?b=c", "no query and no fragment"),
        ("APP_URL", 'https://h.example/a"b', "no query and no fragment"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_the_way_out(variable: str, value: str, said: str) -> None:
    (problem,) = problems(**{variable: value})
    assert problem.startswith(f"{variable}={value[:80]} ")
    assert said in problem


def test_a_short_secret_is_refused_and_not_shown() -> None:
    (problem,) = problems(COOKIE_SECRET="hunter2")
    assert "COOKIE_SECRET is too short (7 characters, at least 32 are needed)" in problem
    assert "hunter2" not in problem


def test_a_long_value_is_shown_in_part() -> None:
    (problem,) = problems(PORT="9" * 10_000)
    assert len(problem) < 200


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("BERTH_SEAT", "BERTH_SEAT is no setting of Berth; did you mean BERTH_SEATS?"),
        ("BERTH_MAX_BERTH", "BERTH_MAX_BERTH is no setting of Berth; did you mean BERTH_MAX_BERTHS?"),
        ("BERTH_QQQQQQQQ", "BERTH_QQQQQQQQ is no setting of Berth; README.md lists all settings."),
    ],
)
def test_an_unknown_variable_is_named_with_the_nearest_known(variable: str, said: str) -> None:
    assert problems(**{variable: "1"}) == (said,)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"BERTH_SPARE": "3", "BERTH_MAX_BERTHS": "2"}, "BERTH_SPARE=3 is more than BERTH_MAX_BERTHS=2"),
        ({"BERTH_BERTH_PORT": "65530"}, "BERTH_BERTH_PORT=65530 leaves no room for 16 berths"),
        ({"PORT": "5007"}, "PORT=5007 is one of the berths' ports (5006 to 5021)"),
        ({"BERTH_LOBBY_PORT": "5006"}, "BERTH_LOBBY_PORT=5006 is one of the berths' ports"),
        ({"BERTH_IDLE_TIMEOUT": "30"}, "BERTH_IDLE_TIMEOUT=30 must be longer than BERTH_IDLE_WARNING=60"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environment: dict[str, str], said: str) -> None:
    (problem,) = problems(**environment)
    assert said in problem


def test_all_problems_are_said_at_once() -> None:
    assert len(problems(PORT="x", BERTH_SEATS="0", BERTH_NONSENSE="1", COOKIE_SECRET="short")) == 4


def test_every_setting_is_documented_and_its_default_is_valid() -> None:
    for variable, default, doc in documentation():
        assert doc.endswith("."), variable
        Settings.load({variable: default})
