"""What all handlers share: who asks, cookies, headers, pages and errors."""

from __future__ import annotations

import logging
import secrets
from http.client import responses
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tornado.web import HTTPError, RequestHandler

from berth.errors import TicketError
from berth.lobby.cookies import cookie_header
from berth.lobby.destination import destination, with_next
from berth.lobby.state import Lobby
from berth.settings import Settings
from berth.tickets import (
    PROFILE_COOKIE,
    TICKET_COOKIE,
    TOKEN_COOKIE,
    USER_COOKIE,
    VISITOR_COOKIE,
    Ticket,
    Visitor,
)

logger = logging.getLogger(__name__)

GUEST = "guest"
"""Name of every visitor where nobody logs in."""

PAGES = frozenset({"document", "iframe", "frame", "embed", "object"})
"""Values of Sec-Fetch-Dest with which a browser asks for a page."""


class Handler(RequestHandler):
    """A request to the lobby."""

    @property
    def lobby(self) -> Lobby:
        """What all handlers share."""
        lobby: Lobby = self.application.settings["lobby"]
        return lobby

    @property
    def options_set(self) -> Settings:
        """The settings of Berth (``settings`` are Tornado's)."""
        return self.lobby.settings

    @property
    def target(self) -> str:
        """Where the visitor wants to go: the parameter ``next``, or the site's home."""
        return destination(self.get_argument("next", "", strip=False), self.options_set.prefix)

    @property
    def wants_page(self) -> bool:
        """Whether a page to show is asked for, not a script, a picture or data; ``curl`` is taken at its word."""
        destined = self.request.headers.get("Sec-Fetch-Dest")
        accepted = self.request.headers.get("Accept", "")
        return destined in PAGES if destined else "text/html" in accepted or accepted == "*/*"

    @property
    def sent_cookies(self) -> dict[str, str]:
        """The request's cookies by name."""
        return {name: morsel.value for name, morsel in self.request.cookies.items()}

    def path_of(self, path: str) -> str:
        """Return one of our own paths, under the prefix."""
        return self.options_set.prefix + path

    def visitor(self) -> Visitor | None:
        """Return who asks, or None for somebody who is not logged in."""
        try:
            visitor = self.lobby.keys.who(self.sent_cookies, self.options_set.login_lifetime)
        except TicketError:
            return None
        if self.lobby.open_house:
            return visitor if visitor.user == GUEST else None
        return visitor if visitor.user in self.lobby.passwords or self._came_by_provider(visitor) else None

    def _came_by_provider(self, visitor: Visitor) -> bool:
        """Whether it is still somebody whom the provider named and whom we admit."""
        if self.lobby.oauth is None:
            return False
        try:
            claims = self.lobby.keys.read_profile(self.sent_cookies.get(PROFILE_COOKIE, ""), visitor)
        except TicketError:
            return False
        return self.lobby.oauth.people.admits(visitor.user, claims)

    def ticket(self, visitor: Visitor) -> Ticket | None:
        """Return the visitor's ticket, if there is one."""
        try:
            return self.lobby.keys.seat(self.sent_cookies, visitor)
        except TicketError:
            return None

    def comes_from_here(self) -> bool:
        """Whether a page of this site, or of one that may embed it, made the request."""
        origin = self.request.headers.get("Origin")
        if origin is None:
            return self.request.headers.get("Sec-Fetch-Site") == "same-origin"
        host = urlsplit(origin).netloc
        return bool(host) and (host == self.request.host or host in self.options_set.origins)

    def remember(self, visitor: Visitor) -> None:
        """Give the cookies of a login."""
        self.give(USER_COOKIE, self.lobby.keys.sign_user(visitor.user), self.options_set.login_lifetime)
        self.remember_arrival(visitor)

    def remember_arrival(self, visitor: Visitor) -> None:
        """Give the cookie that says since when the visitor waits."""
        self.give(VISITOR_COOKIE, self.lobby.keys.sign_visitor(visitor), self.options_set.login_lifetime)

    def remember_profile(self, visitor: Visitor, claims: dict[str, Any]) -> None:
        """Give the cookie that says what a provider knows of the visitor."""
        self.give(PROFILE_COOKIE, self.lobby.keys.sign_profile(visitor, claims), self.options_set.login_lifetime)

    def remember_token(self, sealed: str) -> None:
        """Give the cookie with the provider's access token."""
        self.give(TOKEN_COOKIE, sealed, self.options_set.login_lifetime)

    def give_ticket(self, ticket: Ticket) -> None:
        """Give the cookie by which the router finds the seat."""
        self.give(TICKET_COOKIE, self.lobby.keys.sign_ticket(ticket), None)

    def take_ticket(self) -> None:
        """Clear the ticket, so that nothing more is sent to a seat that is gone."""
        if TICKET_COOKIE in self.sent_cookies:
            self.give(TICKET_COOKIE, "", 0)

    def forget(self) -> None:
        """Clear all cookies of a login."""
        for name in (TICKET_COOKIE, VISITOR_COOKIE, USER_COOKIE):
            self.give(name, "", 0)
        for name in {PROFILE_COOKIE, TOKEN_COOKIE} & set(self.sent_cookies):
            self.give(name, "", 0)

    def see_other(self, path: str) -> None:
        """Answer with a redirection that is followed by GET."""
        self.set_header("Cache-Control", "no-store")
        self.redirect(path, status=303)

    def to_login(self, target: str) -> None:
        """Send the browser to the login page."""
        self.see_other(with_next(self.path_of("/login"), target))

    def show(self, template: str, **values: object) -> None:
        """Answer with a page of the look."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.lobby.look.page(template, **values))

    def token(self) -> str:
        """Return the token that a form of ours carries, and give its cookie."""
        return self.xsrf_token.decode()

    def set_cookie(self, name: str, value: str | bytes, *args: object, **kwargs: object) -> None:
        """Set a cookie for this session. Only Tornado's XSRF protection calls it; its options are ours."""
        self.give(name, value.decode() if isinstance(value, bytes) else value, None)

    def give(self, name: str, value: str, lifetime: float | None) -> None:
        """Set one of our cookies. ``lifetime`` in s; None for this session of the browser, 0 to delete."""
        self.add_header("Set-Cookie", cookie_header(self.options_set, name, value, lifetime))

    def set_default_headers(self) -> None:
        """Allow pages nothing but our own files, and nobody else to frame them unless named."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", self.application.settings["policy"])
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page, or JSON for what is no page; never with a traceback."""
        number = self._number() if status_code >= 500 else ""
        if self.wants_page:
            self.show("error", status=status_code, number=number, home=self.path_of("/"))
        else:
            self.finish({"error": responses.get(status_code, "Error"), **({"id": number} if number else {})})

    def log_exception(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Log what was not foreseen, under the id that the browser is told."""
        if isinstance(error, HTTPError):
            logger.debug("%s %s: %s", self.request.method, self.request.path, error)
            return
        where = (self._number(), self.request.method, self.request.path)
        logger.error("error %s in %s %s", *where, exc_info=(kind, error, trace) if kind and error else None)

    def _number(self) -> str:
        if not hasattr(self, "_error_number"):
            self._error_number = secrets.token_hex(4)
        return self._error_number


class Unlisted(Handler):
    """A path of ours that does not exist."""

    def prepare(self) -> None:
        """Answer 404 whatever the method."""
        raise HTTPError(404)

    def check_xsrf_cookie(self) -> None:
        """Need no token: nothing is done here."""


def policy(settings: Settings) -> str:
    """Return the Content-Security-Policy of the lobby's own pages."""
    embedding = " ".join(settings.embed_origins)
    ancestors = f"'self' {embedding}" if embedding else "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
