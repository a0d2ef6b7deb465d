"""One colour of the operator, made readable on light and dark ground (WCAG 2 contrast)."""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass

READABLE = 4.5
"""Contrast of text (AA)."""

LIGHT_GROUND, VISIBLE_ON_LIGHT = "#ffffff", 1.5
DARK_GROUND, VISIBLE_ON_DARK = "#1b2129", 2.2
"""Grounds of the cards in base.css, and the contrast that an area has to them. Its text carries the meaning."""

WRITTEN_IN = ("#ffffff", "#10151b", "#000000")
"""Colours of text on an area, the first that is readable; black or white always is."""


@dataclass(frozen=True)
class Palette:
    """Colours for one ground: areas, the text on them, and coloured text on the ground."""

    area: str
    on_area: str
    text: str


def light(colour: str) -> Palette:
    """Return the palette for light ground."""
    return _palette(colour, LIGHT_GROUND, VISIBLE_ON_LIGHT)


def dark(colour: str) -> Palette:
    """Return the palette for dark ground."""
    return _palette(colour, DARK_GROUND, VISIBLE_ON_DARK)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours like ``#0b6e8f``, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _palette(colour: str, ground: str, visible: float) -> Palette:
    area = _until(colour, ground, visible)
    on_area = next(text for text in WRITTEN_IN if contrast(text, area) >= READABLE)
    return Palette(area, on_area, _until(colour, ground, READABLE))


def _until(colour: str, ground: str, wanted: float) -> str:
    hue, lightness, saturation = rgb_to_hls(*_channels(colour))
    step = 0.01 if _luminance(ground) < 0.5 else -0.01
    while contrast(colour, ground) < wanted and 0 <= lightness <= 1:
        lightness += step
        colour = _hex(hls_to_rgb(hue, min(max(lightness, 0), 1), saturation))
    return colour


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _luminance(colour: str) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
