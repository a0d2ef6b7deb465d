"""Documents made by hand."""

from __future__ import annotations

from typing import Any

from loadtests.document import Document

REACT = "panel.models.esm.ReactComponent"


def model(number: str, kind: str, /, **attributes: Any) -> dict[str, Any]:
    """Return a model as the protocol writes it."""
    return {"type": "object", "name": kind, "id": number, "attributes": attributes}


def material(number: str, kind: str, /, **attributes: Any) -> dict[str, Any]:
    """Return one of Material's widgets: a model for events, and within it the one that has the attributes."""
    return model(number, REACT, class_name=kind, data=model(f"{number}-data", f"{kind}1", **attributes))


def loaded(*models: dict[str, Any]) -> Document:
    """Return a document with these roots."""
    made = Document()
    made.load({"doc": {"title": "Lock", "roots": list(models)}})
    return made
