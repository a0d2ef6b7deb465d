"""Lets nobody into a berth but the visitors whose tickets name this very process."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.web import Application, RequestHandler, create_signed_value

from berth.errors import TicketError
from berth.replica.guest import access
from berth.replica.guest.main import Birth
from berth.tickets import ATTEMPT_COOKIES, PROFILE_COOKIE, TOKEN_COOKIE, Keys, Visitor
from berth.tokens import unseal

FORBIDDEN_ARGUMENTS = frozenset({"bokeh-session-id", "bokeh-token"})
"""With these a link could put a visitor into a session that somebody else knows."""

INFO_COOKIE = "id_token"
"""Where Panel looks for what is known of a user."""

GUEST_COOKIE = "is_guest"
"""With which Panel would call anybody a guest, whoever sends it."""


class Gate:
    """Knows who may enter. ``unseated`` are visitors whose seat here has ended."""

    def __init__(self, birth: Birth) -> None:
        self.settings = birth.settings
        self.keys = Keys(birth.settings.cookie_secret)
        self.number = birth.number
        self.unseated: set[str] = set()

    def enter(self, request: HTTPServerRequest) -> Visitor:
        """Return the visitor who sent the request. Raises TicketError for anybody else."""
        cookies = {name: morsel.value for name, morsel in request.cookies.items()}
        visitor = self.keys.who(cookies, self.settings.login_lifetime)
        ticket = self.keys.seat(cookies, visitor)
        if ticket.berth != self.number or visitor.id in self.unseated:
            raise TicketError("the seat was in another process")
        if FORBIDDEN_ARGUMENTS & set(request.arguments) or "Bokeh-Session-Id" in request.headers:
            raise TicketError("a session cannot be chosen in the address")
        return visitor

    def guard(self, application: Application) -> None:
        """Check every request of ``application``, whatever its route, before its handler is made."""
        find = application.find_handler

        def find_guarded(request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate:
            try:
                visitor = self.enter(request)
            except TicketError as error:
                arguments = {"reason": str(error), "prefix": self.settings.prefix}
                return application.get_handler_delegate(request, Refusal, arguments)
            request.visitor = visitor  # type: ignore[attr-defined]  # read by the handlers
            self._introduce(request, visitor)
            return find(request, **kwargs)

        application.find_handler = find_guarded  # type: ignore[assignment, method-assign]  # the one place that all routes pass

    def _introduce(self, request: HTTPServerRequest, visitor: Visitor) -> None:
        """Let ``pn.state.user_info`` and ``authorize_callback`` say who it is, as after Panel's own login."""
        profile, token = (_taken(request, name) for name in (PROFILE_COOKIE, TOKEN_COOKIE))
        info = {**self._claims(profile, visitor), "user": visitor.user}
        said = base64.urlsafe_b64encode(json.dumps(info).encode()).rstrip(b"=")
        signed = create_signed_value(self.keys.cookie_secret, INFO_COOKIE, said).decode()
        request.cookies[INFO_COOKIE] = signed  # type: ignore[assignment]  # a SimpleCookie, which takes text
        for name in [name for name in request.cookies if name == GUEST_COOKIE or name.startswith(ATTEMPT_COOKIES)]:
            del request.cookies[name]
        if token:
            self._hand_over(token, visitor)

    def _claims(self, profile: str, visitor: Visitor) -> dict[str, Any]:
        try:
            return self.keys.read_profile(profile, visitor) if profile else {}
        except TicketError:
            # Of the login before this one, by another user or in another way.
            return {}

    def _hand_over(self, sealed: str, visitor: Visitor) -> None:
        with suppress(TicketError):
            access.tokens[visitor.user] = unseal(self.keys, visitor, sealed)


def _taken(request: HTTPServerRequest, name: str) -> str:
    """Return a cookie's value and take it out of the request, so that no dashboard sees it."""
    morsel = request.cookies.pop(name, None)
    return morsel.value if morsel else ""


class Refusal(RequestHandler):
    """Sends a page to the lobby for a new ticket, and answers everything else with 403."""

    def initialize(self, reason: str, prefix: str) -> None:
        """Take the reason, a sentence for the log of the browser."""
        self.reason = reason
        self.prefix = prefix

    def prepare(self) -> None:
        """Answer whatever the method is."""
        self.set_header("Cache-Control", "no-store")
        if self._is_page():
            self.redirect(f"{self.prefix}/berth/seat?next={quote(self.request.uri or '/', safe='')}", status=303)
            return
        self.set_status(403)
        self.finish(f"Forbidden: {self.reason}.\n")

    def _is_page(self) -> bool:
        if self.request.method != "GET" or "Upgrade" in self.request.headers:
            return False
        if FORBIDDEN_ARGUMENTS & set(self.request.arguments):
            return False
        if self.request.path.endswith("/autoload.js"):
            return True
        destination = self.request.headers.get("Sec-Fetch-Dest")
        if destination:
            return destination in ("document", "iframe")
        return "text/html" in self.request.headers.get("Accept", "")
