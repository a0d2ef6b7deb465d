"""A dashboard that computes for four seconds, or for a minute."""

import time

import panel as pn

pn.extension()


def compute(_event):
    time.sleep(4)
    result.object = "computed"


def compute_on(_event):
    time.sleep(60)


result = pn.pane.Str("nothing yet")
buttons = (pn.widgets.Button(name="Compute", on_click=compute), pn.widgets.Button(name="Go on", on_click=compute_on))
pn.Column(*buttons, result).servable(title="Busy")
