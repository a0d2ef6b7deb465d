"""An app that shows a few figures of a large table, which it imports from the module beside it."""

import panel as pn
from table import table

pn.extension()

button = pn.widgets.Button(name="Click", on_click=lambda event: setattr(result, "object", f"click {event.new}."))
result = pn.pane.Str(f"{len(table)} rows")
pn.Column("# Sums", button, result, pn.pane.DataFrame(table.tail(5))).servable(title="Sums")
