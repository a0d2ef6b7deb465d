"""Login by a provider: ``/login/oauth`` leads there, and its answer comes back to the callback."""

from __future__ import annotations

import logging

from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches
from tornado.web import HTTPError

from berth.lobby.handlers.login import LoginPage
from berth.lobby.oauth import Attempt, Login, LoginFailed, OAuth
from berth.lobby.oauth.attempt import LIFETIME
from berth.tickets import ATTEMPT_COOKIES, Visitor
from berth.tokens import seal

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 4
"""Logins that one browser may have begun; with more, the older ones are forgotten."""

LARGEST_COOKIE = 3500
"""Characters of the token's cookie. With the others they fit into HAProxy's 16 kB and the 8 kB of other proxies."""

UNKNOWN = "This answer belongs to a login that is over, or was begun in another browser. Please try again."


class Answers(PathMatches):
    """Matches what a provider sends back: its path may be a dashboard's as well."""

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:
        """Match the path if the parameters are those of an answer."""
        answers = "state" in request.arguments and bool({"code", "error"} & set(request.arguments))
        return super().match(request) if answers else None


class ProviderHandler(LoginPage):
    """What both steps need."""

    @property
    def oauth(self) -> OAuth:
        """The provider; 404 if there is none."""
        if self.lobby.oauth is None:
            raise HTTPError(404)
        return self.lobby.oauth

    def failed(self, failure: LoginFailed, target: str) -> None:
        """Say why, with the way to try again."""
        self.lobby.usher.metrics.logins.labels("wrong").inc()
        logger.warning("login by %s failed: %s, from %s", self.oauth.label, failure.detail, self.request.remote_ip)
        self.form(failure.sentence, status=failure.status, target=target)


class StartHandler(ProviderHandler):
    """``/login/oauth?next=…``."""

    async def get(self) -> None:
        """Send the browser to the provider with a fresh attempt."""
        attempt = Attempt.new(self.target)
        try:
            address = await self.oauth.begin(attempt)
        except LoginFailed as failure:
            self.failed(failure, self.target)
            return
        begun = [name for name in self.sent_cookies if name.startswith(ATTEMPT_COOKIES)]
        if len(begun) >= MOST_ATTEMPTS:
            for name in begun:
                self.give(name, "", 0)
        self.give(attempt.cookie, attempt.signed(self.lobby.keys), LIFETIME)
        self.see_other(address)


class CallbackHandler(ProviderHandler):
    """Where the provider sends the browser."""

    async def get(self) -> None:
        """Log in whoever the provider names, if this browser asked for it."""
        attempt = Attempt.read(self.lobby.keys, self.get_query_argument("state"), self.sent_cookies)
        if attempt is None and self.visitor():
            # The browser's back button, or a reload.
            self.see_other(self.path_of("/"))
            return
        if attempt is None:
            self.failed(LoginFailed(UNKNOWN, "no such attempt in this browser", 400), self.path_of("/"))
            return
        self.give(attempt.cookie, "", 0)
        try:
            login = await self._login(attempt)
        except LoginFailed as failure:
            self.failed(failure, attempt.target)
            return
        await self._welcome(login, attempt.target)

    async def _login(self, attempt: Attempt) -> Login:
        oauth = self.oauth
        error = self.get_query_argument("error", "")
        if error == "access_denied":
            raise LoginFailed(f"{oauth.label} did not let you in, or you cancelled there.", "access_denied", 403)
        if error:
            sentence = f"{oauth.label} reported a problem. Please try again."
            raise LoginFailed(sentence, f"the provider answered error {error[:80]!r}")
        login = await oauth.finish(attempt, self.get_query_argument("code", ""), self.get_query_argument("iss", ""))
        if login.user in self.lobby.passwords:
            sentence = f"{login.user} has a password on this site. Please use that."
            raise LoginFailed(sentence, f"{login.user} stands in CREDENTIALS, too", 403)
        if not oauth.people.admits(login.user, login.claims):
            sentence = f"{oauth.label} knows you as {login.user}, who may not come in here."
            raise LoginFailed(sentence, f"{login.user} is not among BERTH_OAUTH_ALLOWED", 403)
        return login

    async def _welcome(self, login: Login, target: str) -> None:
        visitor = self.same_visitor(login.user) or Visitor.new(login.user)
        profile, left_out = self.oauth.people.profile(login.claims)
        if left_out:
            logger.info("claims of %s are too long for a cookie, left out: %s", login.user, left_out)
        self.lobby.usher.metrics.logins.labels("right").inc()
        logger.info("login: %s by %s as visitor %s", login.user, self.oauth.label, visitor.id)
        self.remember(visitor)
        self.remember_profile(visitor, profile)
        self._remember_token(visitor, login)
        await self.enter_as(visitor, target)

    def _remember_token(self, visitor: Visitor, login: Login) -> None:
        if self.options_set.oauth_tokens != "access":
            return
        sealed = seal(self.lobby.keys, visitor, login.token)
        if len(sealed) > LARGEST_COOKIE:
            logger.warning("the access token of %s is too long for a cookie (%s)", login.user, len(sealed))
            return
        self.remember_token(sealed)
