"""The operations port: probes, status, metrics, and the seats for callers who sign."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from berth.errors import ConfigurationError, SeatUnavailable, TicketError

if TYPE_CHECKING:
    from berth.replica.supervisor import Supervisor

LARGEST_BODY = 2**16

STARTING = "The dashboards are being started."


class Handler(RequestHandler):
    """Base of all: knows the supervisor and answers JSON."""

    def initialize(self, supervisor: Supervisor) -> None:
        """Take the supervisor from the route."""
        self.supervisor = supervisor

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer a refusal in one sentence."""
        self.finish({"reason": self._reason})


class Livez(Handler):
    """``GET /livez``: the supervisor's own loop runs, whatever the berths do."""

    def get(self) -> None:
        """Answer 200."""
        self.finish("ok\n")


class Readyz(Handler):
    """``GET /readyz``: every script has run once; it stays so when full, busy or draining."""

    def get(self) -> None:
        """Answer 200 or 503."""
        if not self.supervisor.pool.proven:
            self.set_status(503)
            self.finish(f"{self.supervisor.pool.problem or STARTING}\n")
            return
        self.finish("ok\n")


class StatusPage(Handler):
    """``GET /status``."""

    def get(self) -> None:
        """Answer berth.status.Status as JSON."""
        self.finish(self.supervisor.status().as_json())


class MetricsPage(Handler):
    """``GET /metrics``."""

    def get(self) -> None:
        """Answer in Prometheus' text format."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self.supervisor.metrics.text(self.supervisor.status()))


class Call(Handler):
    """A signed ``POST``. ``action`` takes the supervisor and the JSON's fields and returns the answer."""

    def initialize(self, supervisor: Supervisor, action: Callable[..., dict[str, Any] | None]) -> None:  # type: ignore[override]  # one more argument
        """Take the action from the route."""
        super().initialize(supervisor)
        self.action = action

    def post(self) -> None:
        """Answer 200 with the result, 409 with a reason, 401 without a signature, 400 for a wrong body."""
        token = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            self.supervisor.keys.check_call(token, self.request.path, self.request.body)
            self.finish(self.action(self.supervisor, **json.loads(self.request.body)) or {})
        except TicketError as error:
            self.send_error(401, reason=str(error).capitalize())
        except SeatUnavailable as error:
            self.set_status(409)
            self.finish({"reason": str(error)})
        except (ValueError, TypeError, RecursionError):
            raise HTTPError(400) from None


def _reserve(supervisor: Supervisor, visitor: str, user: str) -> dict[str, Any]:
    berth = supervisor.reserve(visitor, user)
    return {"ip": supervisor.settings.address, "port": berth.birth.port, "berth": berth.birth.number}


def _want(supervisor: Supervisor, visitors: list[str]) -> None:
    supervisor.want(visitors)


def _release(supervisor: Supervisor, visitor: str, reason: str) -> None:
    supervisor.release(visitor, reason)


def _left(supervisor: Supervisor, visitor: str, page: str) -> None:
    supervisor.page_left(visitor, page)


def _active(supervisor: Supervisor, visitor: str) -> None:
    supervisor.active(visitor)


def _page(supervisor: Supervisor, visitor: str, berth: int, page: str) -> dict[str, Any]:
    return {"state": supervisor.page_state(visitor, berth, page)}


def _cordon(supervisor: Supervisor, on: bool) -> None:
    supervisor.cordon(on)


def listen(supervisor: Supervisor) -> HTTPServer:
    """Open the operations port. Raises ConfigurationError if it is taken."""
    plain = {"supervisor": supervisor}
    calls = {
        "/seats/reserve": _reserve,
        "/seats/want": _want,
        "/seats/release": _release,
        "/seats/left": _left,
        "/seats/active": _active,
        "/seats/page": _page,
        "/cordon": _cordon,
    }
    application = Application(
        [
            ("/livez", Livez, plain),
            ("/readyz", Readyz, plain),
            ("/status", StatusPage, plain),
            ("/metrics", MetricsPage, plain),
            *((path, Call, {**plain, "action": action}) for path, action in calls.items()),
        ],
        log_function=lambda handler: None,
    )
    loopback = supervisor.settings.address in ("127.0.0.1", "localhost", "::1")
    server = HTTPServer(application, max_body_size=LARGEST_BODY, max_buffer_size=LARGEST_BODY)
    port = supervisor.settings.operations_port
    try:
        server.listen(port, address="127.0.0.1" if loopback else "")
    except OSError as error:
        raise ConfigurationError(
            f"BERTH_OPERATIONS_PORT={port} cannot be opened ({error.strerror}): end what uses it or choose another."
        ) from error
    return server
