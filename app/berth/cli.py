"""The command line: ``berth ROLE …``. Options win over the environment; the roles do the work."""

from __future__ import annotations

import argparse
import getpass
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import berth
from berth import log
from berth.errors import BerthError, ConfigurationError
from berth.serving import Serving, parse_static_dirs
from berth.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

Commands = Any
"""argparse names the type of its subcommands only privately."""

Run = Callable[[argparse.Namespace], None]

OPTIONS = {
    "port": ("PORT", "port that visitors reach"),
    "host": ("ADDRESS", "address to listen on; * for all"),
    "seats": ("N", "visitors that share one berth"),
    "spare": ("N", "fresh berths that stand ready"),
    "max_berths": ("N", "berths that run at most"),
}
"""Settings that are options too, by field: what stands for the value, and the help."""

ROUTER_OPTIONS = ("port", "host")
REPLICA_OPTIONS = ("seats", "spare", "max_berths")

UNSIGNED = (
    "COOKIE_SECRET is not set: all roles share one secret of at least 32 characters. "
    'Make one with python -c "import secrets; print(secrets.token_hex(32))"'
)

NO_WINDOWS = (
    "Berth needs Linux or macOS. On Windows it runs in WSL: type `wsl --install` in a terminal as administrator, "
    "restart, open Ubuntu, and install Berth there."
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command that ``argv`` names. Ends with 2 for wrong input and 1 for any other error of ours."""
    arguments = _parser().parse_args(argv)
    try:
        _refuse_windows()
        arguments.run(arguments)
    except ConfigurationError as error:
        _fail(error, 2)
    except BerthError as error:
        _fail(error, 1)


def shipped_script() -> str:
    """Return the dashboard that is served when no script is named."""
    return str(Path(__file__).parent / "dashboards" / "explorer.py")


def up(arguments: argparse.Namespace) -> None:
    """Run the whole system on this machine."""
    from berth import local, router

    findings = Findings()
    settings, serving = _read(arguments, findings)
    findings.of(router.find_haproxy)
    findings.refuse()
    log.configure(settings.log_level)
    sys.exit(local.main(settings, serving, _options(arguments)))


def replica(arguments: argparse.Namespace) -> None:
    """Run a supervisor and its berths."""
    from berth.replica import main as run

    findings = Findings()
    settings, serving = _read(arguments, findings)
    findings.of(_need_secret, settings)
    findings.refuse()
    run(settings, serving)


def lobby(arguments: argparse.Namespace) -> None:
    """Run the lobby."""
    from berth.lobby import main as run

    run(_need_secret(_settings(arguments)))


def router(arguments: argparse.Namespace) -> None:
    """Become HAProxy."""
    from berth.router import main as run

    run(_need_secret(_settings(arguments)))


def controller(arguments: argparse.Namespace) -> None:
    """Run the controller, which opens and closes replicas on Kubernetes."""
    from berth.controller import main as run

    run(_settings(arguments))


def hash_password(arguments: argparse.Namespace) -> None:
    """Print the hash of a password that is typed, or piped in."""
    from berth import auth

    # getpass then leaves the terminal as it found it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    typed = sys.stdin.isatty()
    password = getpass.getpass("Password: ") if typed else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ConfigurationError("There is no password: type one, or pipe it in as one line.")
    if typed and getpass.getpass("Once more: ") != password:
        raise ConfigurationError("The two passwords differ: try again.")
    _say(auth.hash_password(password))


def check(arguments: argparse.Namespace) -> None:
    """Print every problem of the configuration and of the scripts, which run once."""
    from berth.replica import trial

    findings = Findings()
    settings, serving = _read(arguments, findings)
    if not findings.problems or not list(serving.problems()):
        findings.problems += trial(settings, serving)
    findings.refuse()
    if not settings.cookie_secret:
        _say("COOKIE_SECRET is not set: `berth up` makes one for each run; every other role needs one.")
    _say(f"All is well: {', '.join(serving.scripts)} can be served.")


def compare(arguments: argparse.Namespace) -> None:
    """Say whether an app gains by Berth."""
    try:
        from loadtests.compare import run
    except ImportError as error:
        raise ConfigurationError(
            f"`berth compare` needs {error.name}, which is not installed: pip install 'panel-berth[loadtests]'"
        ) from None
    run(arguments)


class Findings:
    """Collects problems, so that all of them are said at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def of(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what ``check`` returns; None where it finds problems."""
        try:
            return check(*args, **kwargs)
        except ConfigurationError as error:
            self.problems += error.problems
            return None

    def refuse(self) -> None:
        """Raise ConfigurationError if there are problems."""
        if self.problems:
            raise ConfigurationError(*self.problems)


def _read(arguments: argparse.Namespace, findings: Findings) -> tuple[Settings, Serving]:
    """Return settings and what to serve; defaults where there are problems."""
    from berth import auth

    settings = findings.of(_settings, arguments) or Settings()
    findings.of(auth.read_accounts, settings)
    pairs = findings.of(parse_static_dirs, arguments.static_dirs) or ()
    scripts = tuple(arguments.scripts) or (shipped_script(),)
    serving = Serving(scripts, arguments.setup, pairs, tuple(arguments.plugins), arguments.dev)
    if serving.plugins:
        # Plugins may lie in the current folder, as with `panel serve`; last, so that nothing there shadows a library.
        sys.path.append(str(Path.cwd()))
    findings.of(serving.check)
    return settings, serving


def _settings(arguments: argparse.Namespace) -> Settings:
    return Settings.load(None, **_options(arguments))


def _options(arguments: argparse.Namespace) -> dict[str, str]:
    given = vars(arguments)
    return {name: given[name] for name in OPTIONS if given.get(name) is not None}


def _need_secret(settings: Settings) -> Settings:
    if not settings.cookie_secret:
        raise ConfigurationError(UNSIGNED)
    return settings


def _refuse_windows() -> None:
    if sys.platform == "win32":
        raise ConfigurationError(NO_WINDOWS)


def _fail(error: BerthError, code: int) -> None:
    sys.stderr.write("".join(f"berth: {line}\n" for line in str(error).splitlines()))
    sys.exit(code)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="berth",
        description="A Panel process of their own for every visitor of a dashboard.",
        epilog="Settings come from the environment and .env; README.md lists them. `berth COMMAND --help` says more.",
    )
    parser.add_argument("--version", action="version", version=f"berth {berth.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(commands, "up", up, "run the whole system on this machine", *OPTIONS, serves=True)
    _add(commands, "replica", replica, "run a supervisor and its berths", *REPLICA_OPTIONS, serves=True)
    _add(commands, "lobby", lobby, "run login, static files and waiting room")
    _add(commands, "router", router, "run HAProxy, which sends visitors to their berths", *ROUTER_OPTIONS)
    _add(commands, "controller", controller, "open and close replicas on Kubernetes as visitors come and go")
    _add(commands, "hash-password", hash_password, "print the hash of a password, for CREDENTIALS")
    _add(commands, "check", check, "print every problem of the configuration and of the scripts", serves=True)
    _add_compare(commands)
    return parser


def _add_compare(commands: Commands) -> None:
    text = "say whether an app gains by Berth: serve it plainly and by Berth, drive both, report"
    parser = commands.add_parser("compare", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(run=compare)
    add = parser.add_argument
    add("scripts", nargs="+", metavar="SCRIPT", help="dashboards: .py, .ipynb, .md or folders; the first one is judged")
    add("--quick", metavar="LABEL", default="", help="what light visitors press or set (default: it is found out)")
    add(
        "--heavy", metavar="LABEL", default="", help="what the heavy visitor presses or sets (default: it is found out)"
    )
    add("--path", metavar="PATH", default="", help="page to judge (default: the first script's)")
    add("--visitors", metavar="N", type=int, default=3, help="light visitors beside the heavy one (default 3)")
    add("--rounds", metavar="N", type=int, default=3, help="how often all is repeated at most (default 3)")
    add("--to", metavar="FOLDER", default="", help="where the report goes (default: a new one in loadtests-report)")


def _add(commands: Commands, name: str, run: Run, text: str, *options: str, serves: bool = False) -> None:
    parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(run=run)
    if serves:
        _add_serving(parser)
    for option in options:
        default = next(spec.metadata["default"] for spec in fields(Settings) if spec.name == option)
        metavar, help_text = OPTIONS[option]
        parser.add_argument(f"--{option.replace('_', '-')}", metavar=metavar, help=f"{help_text} (default {default})")


def _add_serving(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("scripts", nargs="*", metavar="SCRIPT", help="dashboards: .py, .ipynb, .md or folders (default: the Explorer)")
    add("--setup", metavar="FILE", default="", help="script that runs once in every berth, before the dashboards")
    add("--static-dirs", metavar="ROUTE=FOLDER", nargs="+", default=[], help="folders to serve besides")
    add("--plugins", metavar="MODULE", nargs="+", default=[], help="modules with ROUTES to serve besides")
    add("--dev", action="store_true", help="open pages follow changes of the scripts")
