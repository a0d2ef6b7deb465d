"""How Berth looks: pages, style and pictures shared by the lobby and by notices inside dashboards."""

from berth.look.assets import asset_url
from berth.look.pages import Look

__all__ = ["Look", "asset_url"]
