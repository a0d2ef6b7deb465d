"""Colours that anybody can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from berth.errors import ConfigurationError
from berth.look import Look
from berth.look.colour import DARK_GROUND, LIGHT_GROUND, contrast, dark, light
from berth.settings import Settings

COLOURS = ["#0b6e8f", "#ffffff", "#000000", "#f2c14e", "#3b1f6b", "#808080", "#777777", "#ff0000", "#00ff00", "#0000ff"]


@pytest.mark.parametrize("colour", COLOURS)
def test_any_colour_is_readable_on_light_and_dark(colour: str) -> None:
    """Text on a button and coloured text on the ground have a contrast of 4.5."""
    for palette, ground in ((light(colour), LIGHT_GROUND), (dark(colour), DARK_GROUND)):
        assert contrast(palette.on_area, palette.area) >= 4.5
        assert contrast(palette.text, ground) >= 4.5
        assert contrast(palette.area, ground) >= 1.5


def test_a_colour_that_is_readable_is_not_changed() -> None:
    """The operator's colour is the operator's."""
    assert light("#0b6e8f").area == light("#0b6e8f").text == "#0b6e8f"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("name", "body"), [("logo.txt", b"x"), ("logo.png", b""), ("logo.png", b"x" * 2**21)])
def test_a_logo_that_is_none_is_refused_at_the_start(tmp_path: Path, name: str, body: bytes) -> None:
    """With the setting's name."""
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(ConfigurationError, match="BERTH_LOGO="):
        Look(Settings(logo=str(path)))
