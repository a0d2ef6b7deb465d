"""``/login``."""

from __future__ import annotations

import logging
import math

from berth.errors import TicketError
from berth.lobby.handlers.door import Doorway
from berth.lobby.inspection import Refused
from berth.tickets import VISITOR_COOKIE, Visitor

logger = logging.getLogger(__name__)

STALE = "This page was open for too long, or your browser keeps no cookies. Please try again."
WRONG = "That user name and password do not go together."
EMPTY = "Please type your user name and your password."


class LoginPage(Doorway):
    """Handlers that show the login page."""

    def form(self, problem: str = "", user: str = "", status: int = 200, target: str = "") -> None:
        """Show the form, or the provider's button, or both; with what went wrong before."""
        self.set_status(status)
        self.show(
            "login",
            token=self.token(),
            next=target or self.target,
            user=user[:200],
            problem=problem,
            passwords=len(self.lobby.passwords) > 0,
            provider=self.lobby.oauth.label if self.lobby.oauth else "",
        )

    def same_visitor(self, user: str) -> Visitor | None:
        """Return the visitor that this browser was when the same user logged in before."""
        try:
            visitor = self.lobby.keys.read_visitor(self.sent_cookies.get(VISITOR_COOKIE, ""))
        except TicketError:
            return None
        return visitor if visitor.user == user else None


class LoginHandler(LoginPage):
    """The login form and what it sends."""

    async def get(self) -> None:
        """Show the form, unless that is done or nobody needs it."""
        if self.visitor() or self.lobby.open_house:
            self.see_other(self.target)
        else:
            self.form()

    async def post(self) -> None:
        """Check user name and password; then go straight to the seat."""
        user = self.get_body_argument("username", "")
        password = self.get_body_argument("password", "", strip=False)
        if not user or not password:
            self.form(EMPTY, user, 400)
            return
        before = self.same_visitor(user)
        address = self.request.remote_ip or ""
        try:
            right = await self.lobby.inspection.check(user, password, address, before.id if before else "")
        except Refused as refusal:
            self._pause(user, math.ceil(refusal.seconds))
            return
        self.lobby.usher.metrics.logins.labels("right" if right else "wrong").inc()
        if right:
            await self._welcome(user)
        else:
            # A name that nobody has may be a password typed into the wrong field.
            known = user if user in self.lobby.passwords else "nobody that is known"
            logger.warning("login failed: %s from %s", known, self.request.remote_ip)
            self.form(WRONG, user, 401)

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """Show the form again when its token did not fit."""
        if status_code == 403 and self.request.method == "POST":
            self.form(STALE, "", 403)
        else:
            super().write_error(status_code, **kwargs)

    async def _welcome(self, user: str) -> None:
        visitor = self.same_visitor(user) or Visitor.new(user)
        logger.info("login: %s as visitor %s from %s", user, visitor.id, self.request.remote_ip)
        self.remember(visitor)
        await self.enter_as(visitor, self.target)

    def _pause(self, user: str, seconds: int) -> None:
        self.set_header("Retry-After", str(seconds))
        wait = f"{seconds} seconds" if seconds > 1 else "a second"
        self.form(f"Too many attempts. Please try again in {wait}.", user, 429)
