"""The operations port: probes, status, metrics, and the seats for callers who sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.web import HTTPError, RequestHandler

from berth import operations
from berth.errors import SeatUnavailable, TicketError
from berth.operations import MetricsPage, Probe, StatusPage, signed_json, well
from berth.settings import LOOPBACK
from berth.status import STARTING

if TYPE_CHECKING:
    from berth.replica.supervisor import Supervisor


class Call(RequestHandler):
    """A signed ``POST``. ``action`` takes the supervisor and the JSON's fields and returns the answer."""

    def initialize(self, supervisor: Supervisor, action: Callable[..., dict[str, Any] | None]) -> None:
        """Take both from the route."""
        self.supervisor = supervisor
        self.action = action

    def post(self) -> None:
        """Answer 200 with the result, 409 with a reason, 401 without a signature, 400 for a wrong body."""
        try:
            self.finish(self.action(self.supervisor, **signed_json(self.request, self.supervisor.keys)) or {})
        except TicketError as error:
            self.send_error(401, reason=str(error).capitalize())
        except SeatUnavailable as error:
            self.set_status(409)
            self.finish({"reason": str(error)})
        except (ValueError, TypeError, RecursionError):
            raise HTTPError(400) from None

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer a refusal in one sentence."""
        self.finish({"reason": self._reason})


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
    settings, pool = supervisor.settings, supervisor.pool
    calls = {
        "/seats/reserve": _reserve,
        "/seats/want": _want,
        "/seats/release": _release,
        "/seats/left": _left,
        "/seats/active": _active,
        "/seats/page": _page,
        "/cordon": _cordon,
    }
    routes: list[operations.Route] = [
        # The supervisor's own loop runs, whatever the berths do.
        ("/livez", Probe, {"problem": well}),
        # Every script has run once; it stays so when full, busy or draining.
        ("/readyz", Probe, {"problem": lambda: "" if pool.proven else pool.problem or STARTING}),
        ("/status", StatusPage, {"status": lambda: supervisor.status().as_json()}),
        ("/metrics", MetricsPage, {"text": lambda: supervisor.metrics.text(supervisor.status())}),
        *((path, Call, {"supervisor": supervisor, "action": action}) for path, action in calls.items()),
    ]
    address = "127.0.0.1" if settings.address in LOOPBACK else ""
    return operations.listen(routes, "BERTH_OPERATIONS_PORT", settings.operations_port, address=address)
