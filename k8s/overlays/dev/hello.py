"""A dashboard to begin with."""

import panel as pn

name = pn.widgets.TextInput(name="Name", value="world")
pn.Column(name, pn.bind("Hello, {}!".format, name)).servable(title="Hello")
