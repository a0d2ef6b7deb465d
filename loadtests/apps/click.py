"""The smallest app with a button: for the time from a click to its answer."""

import panel as pn

pn.extension()

result = pn.pane.Str("nothing yet")
button = pn.widgets.Button(name="Click", on_click=lambda event: setattr(result, "object", f"click {event.new}."))
pn.Column(button, result).servable(title="Click")
