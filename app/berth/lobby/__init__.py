"""The lobby: login, static files, waiting room and tickets. No dashboard's code runs here."""

from berth.lobby.server import main

__all__ = ["main"]
