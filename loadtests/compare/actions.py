"""What can be done on a page that nobody has described: each widget's press, or its other values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from loadtests.document import Document
from loadtests.kinds import CLICKED, PREFIX
from loadtests.widgets import Widget, widgets

FORBIDDEN = re.compile(
    r"\b(log[ -]?out|sign[ -]?out|exit|quit|leave|close|cancel|abort|stop|kill|terminate|shut[ -]?down|restart|reboot"
    r"|delete|remove|erase|wipe|purge|truncate|destroy|drop|clear all|reset all|unsubscribe"
    r"|save|overwrite|send|e-?mail|publish|deploy|pay|buy|purchase|checkout|order now"
    r"|abmelden|ausloggen|beenden|abbrechen|löschen|entfernen|senden|speichern|kaufen"
    r"|déconnexion|supprimer|arrêter|envoyer|enregistrer|cerrar sesión|eliminar|borrar|enviar|guardar)\b",
    re.IGNORECASE,
)
"""Labels of what is not pressed without being told: it may end, delete, send or cost something."""


@dataclass(frozen=True)
class Action:
    """Something that a person can do on a page of any session of the app.

    The widget is the ``number``-th of its ``kind`` and ``label``. Without
    ``attribute`` it is pressed, else the attribute gets ``values`` in turn,
    of which the last is what it had.
    """

    kind: str
    label: str
    number: int
    attribute: str = ""
    values: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in reports: ``click "Run"``."""
        which = f'"{self.label}"' if self.label else f"a {_plain(self.kind)} without a label"
        return f"{'set' if self.attribute else 'click'} {which}"

    @property
    def forbidden(self) -> bool:
        """Whether its label says that it should not be pressed without being told."""
        return bool(FORBIDDEN.search(self.label))

    def events(self, document: Document, turn: int) -> list[dict[str, Any]]:
        """Return what a browser sends for it. Raises LookupError where the page has no such widget now."""
        widget = next((one for one in widgets(document) if self._fits(one)), None)
        if widget is None:
            raise LookupError(f"the page no longer has what it takes to {self.name}")
        return widget.put(self.values[turn % len(self.values)]) if self.attribute else widget.press(self.label)

    def _fits(self, widget: Widget) -> bool:
        return (self.kind, self.label, self.number) == (widget.kind, widget.label, widget.number)


def actions(document: Document) -> list[Action]:
    """Return what can be done on the page as it is, in the order of its widgets."""
    usable = (widget for widget in widgets(document) if not widget.hidden and not widget.disabled)
    return [action for widget in usable if (action := _action(widget))]


def _action(widget: Widget) -> Action | None:
    """Return what can be done with it, if anything."""
    if widget.kind in CLICKED:
        return Action(widget.kind, widget.label, widget.number)
    values = tuple(widget.values)
    return Action(widget.kind, widget.label, widget.number, widget.attribute, values) if len(values) > 1 else None


def _plain(kind: str) -> str:
    """Return ``RadioButtonGroup`` as ``radio button group``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.removeprefix("Custom").removeprefix(PREFIX)).lower()
