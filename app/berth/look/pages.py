"""Pages from templates, with the operator's title, logo and colour."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from berth.look.assets import assets
from berth.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"


class Look:
    """Renders the lobby's pages. Raises ConfigurationError for a logo that is none."""

    def __init__(self, settings: Settings) -> None:
        self.assets = assets(settings)
        self._prefix = settings.prefix
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        logo = next((name for name in self.assets if name.startswith("logo.")), "")
        self._templates.globals.update(
            site=settings.title, logo=logo, prefix=settings.prefix, asset=self.url, colour=settings.colour
        )

    def url(self, name: str) -> str:
        """Return the address of a file."""
        return f"{self._prefix}/berth/assets/{name}?v={self.assets[name].version}"

    def page(self, template: str, **values: object) -> str:
        """Return the page ``template`` (``"login"`` …) as HTML. Every value is escaped."""
        return self._templates.get_template(f"{template}.html").render(**values)
