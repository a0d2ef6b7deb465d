"""Widgets of many kinds, of Panel and of Material; each says in a text what it was set to."""

import panel as pn
import panel_material_ui as pmui

pn.extension()

heard = pn.pane.Str("")


def hear(event):
    heard.object = f"{event.obj.name} is {event.new!r}"


def widgets(library, prefix):
    def group(kind, name):
        options = ["Day", "Week"] if library is pmui else [f"{prefix} {name} a", f"{prefix} {name} b"]
        return getattr(library, kind)(name=f"{prefix} {name}", options=options)

    return {
        "value": [
            library.Select(name=f"{prefix} select", options={"First": 1, "Second": 2}),
            group("RadioButtonGroup", "radio buttons"),
            group("RadioBoxGroup", "radio boxes"),
            group("CheckBoxGroup", "check boxes"),
            library.MultiChoice(name=f"{prefix} choices", options=["Day", "Week"]),
            library.Checkbox(name=f"{prefix} check box"),
            library.Switch(name=f"{prefix} switch"),
            library.Toggle(name=f"{prefix} toggle"),
            library.IntSlider(name=f"{prefix} slider", start=0, end=9),
            library.TextInput(name=f"{prefix} text"),
        ],
        "clicks": [library.Button(name=f"{prefix} button")],
        "value_throttled": [library.IntSlider(name=f"{prefix} throttled slider", start=0, end=9)],
    }


everything = [widgets(pn.widgets, "Plain"), widgets(pmui, "Material")]
for made in everything:
    for parameter, those in made.items():
        for one in those:
            one.param.watch(hear, parameter)
pn.Column(heard, *(one for made in everything for those in made.values() for one in those)).servable()
