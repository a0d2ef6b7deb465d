"""A dashboard that takes and gives files."""

import io

import panel as pn

pn.extension()

upload = pn.widgets.FileInput()
size = pn.bind(lambda value: f"Got {len(value or b'')} bytes", upload)
download = pn.widgets.FileDownload(callback=lambda: io.BytesIO(b"x" * 1000), filename="thousand.txt", label="Take it")
text = pn.widgets.TextAreaInput(name="Text", max_length=10**8)
length = pn.bind(lambda value: f"{len(value)} characters", text)
pn.Column(upload, pn.pane.Str(size), download, text, pn.pane.Str(length)).servable(title="Files")
