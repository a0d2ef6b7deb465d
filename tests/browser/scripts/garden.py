"""A dashboard with all that a lost connection may break: state, a plot from numpy, ``onload``, its own style."""

import asyncio

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

pn.extension(raw_css=[".planted { outline: 3px solid rgb(1, 2, 3); }"])

name = pn.widgets.TextInput(name="Name")
grow = pn.widgets.Button(name="Grow")
later = pn.widgets.Button(name="Grow later")
total = pn.widgets.StaticText(
    name="Total", value="0", css_classes=["planted"], stylesheets=[":host { color: rgb(4, 5, 6); }"]
)
loads = pn.widgets.StaticText(name="Loads", value="0")
greeting = pn.bind(lambda text: f"Hello {text or 'nobody'}", name)

source = ColumnDataSource({"x": np.arange(5.0), "y": np.arange(5.0) ** 2})
plot = figure(width=300, height=200, name="plot")
plot.scatter("x", "y", source=source, size=12, color="#ff0000")


def grown(_event):
    total.value = str(int(total.value) + 1)
    with pn.io.hold():  # a click right after another change is handled without the document's lock
        source.data = {"x": np.arange(5.0 + int(total.value)), "y": np.arange(5.0 + int(total.value)) ** 2}


def loaded():
    loads.value = str(int(loads.value) + 1)


async def grow_later(event):
    later.disabled = True
    await asyncio.sleep(2)
    grown(event)


grow.on_click(grown)
later.on_click(grow_later)
pn.state.onload(loaded)
pn.Column(name, grow, later, total, loads, pn.pane.Str(greeting), plot).servable(title="Garden")
