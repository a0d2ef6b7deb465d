"""A dashboard that computes for four seconds."""

import time

import panel as pn

pn.extension()


def compute(_event):
    time.sleep(4)
    result.object = "computed"


result = pn.pane.Str("nothing yet")
pn.Column(pn.widgets.Button(name="Compute", on_click=compute), result).servable(title="Busy")
