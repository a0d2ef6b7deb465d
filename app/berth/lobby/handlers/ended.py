"""``/berth/ended``: a seat is gone, and this is why."""

from __future__ import annotations

from berth.lobby.destination import with_next
from berth.lobby.handlers.base import Handler

REASONS = {
    "idle": (
        "You were away",
        "Nothing was done here for a while, so your place was freed for others. Start again whenever you like.",
        "Start again",
    ),
    "logout": ("You are logged out", "Your place is free again, and what you did in it is gone.", "Log in again"),
    "crashed": (
        "The dashboard stopped",
        "Its process ended unexpectedly. Nobody else was affected, and a fresh one is ready for you.",
        "Start again",
    ),
    "drained": (
        "The server was renewed",
        "The machine that you worked on had to go. A new place is ready for you.",
        "Continue",
    ),
    "gone": (
        "This session has ended",
        "The place it lived in is no longer there. You can begin a new one.",
        "Start again",
    ),
}


class EndedHandler(Handler):
    """Says what happened, with one thing to do."""

    def get(self) -> None:
        """Show the page; an unknown reason reads as ``gone``."""
        why = self.get_query_argument("why", "gone")
        heading, text, action = REASONS.get(why, REASONS["gone"])
        # A link on another site must not cost anybody the way back to a seat that they still have.
        if self.request.headers.get("Sec-Fetch-Site") != "cross-site":
            self.take_ticket()
        if why == "logout" and self.lobby.open_house:
            heading, action = "You have left", "Come back"
        door = with_next(self.path_of("/berth/seat"), self.target)
        self.show("ended", heading=heading, text=text, action=action, door=door)
