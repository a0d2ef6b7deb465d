"""``/logout``."""

from __future__ import annotations

import logging

from berth.lobby.handlers.base import Handler

logger = logging.getLogger(__name__)


class LogoutHandler(Handler):
    """A button, and what it does."""

    def get(self) -> None:
        """Show the button: a link or a picture on another site must not log anybody out."""
        visitor = self.visitor()
        if visitor is None:
            self.see_other(self.path_of("/berth/ended?why=logout"))
        else:
            self.show("logout", token=self.token(), user=visitor.user, home=self.path_of("/"))

    def post(self) -> None:
        """Free the seat and forget the visitor."""
        visitor = self.visitor()
        if visitor:
            logger.info("logout: visitor %s (%s)", visitor.id, visitor.user)
            self.lobby.usher.queue.leave(visitor)
            self.lobby.fleet.errand(self.lobby.fleet.release(visitor, "logout"))
        self.forget()
        self.see_other(self.path_of("/berth/ended?why=logout"))
