"""The groups as a table, sorted by a click on a head or by its button from the keyboard, and as CSV."""

from io import BytesIO
from typing import Any

import pandas as pd
import panel as pn
from bokeh.models import NumberFormatter

from berth.dashboards.exploring.look import WIDGET_STYLE
from berth.dashboards.exploring.view import View

_COLUMNS = ["label", "rows", "value", "low", "high", "share"]
_HEAD, _ROW, _HIGHEST = 36, 29, 440  # pixels
_SORTER = "<button type='button' class='tabulator-arrow' aria-label='Sort'></button>"


class Grid:
    """A table with a button below it that downloads what it shows."""

    def __init__(self) -> None:
        self.table = pn.widgets.Tabulator(
            show_index=False,
            disabled=True,
            # Cells with an editor, even one that is off, take the focus and never give it on to what follows.
            editors=dict.fromkeys(_COLUMNS),
            selectable=False,
            layout="fit_columns",
            sizing_mode="stretch_width",
            margin=0,
            widths={"label": "32%"},
            configuration={"headerSortElement": _SORTER},
            text_align=dict.fromkeys(_COLUMNS[1:], "right"),
            stylesheets=[WIDGET_STYLE],
        )
        self.download = pn.widgets.FileDownload(
            callback=self._csv, label="Download as CSV", margin=0, stylesheets=[WIDGET_STYLE]
        )
        self._heads: Any = None
        self._view: View | None = None

    def show(self, groups: pd.DataFrame, view: View) -> None:
        """Show the groups of `summary.groups`, with `low` and `high`."""
        self._view = view
        rows = groups[_COLUMNS].reset_index(drop=True)
        self.table.param.update(
            value=rows, visible=len(rows) > 0, height=_height(len(rows)), **self._changed_heads(rows, view)
        )
        self.download.param.update(visible=len(rows) > 0, filename=f"{view['stat']} by {view.grouping.title}.csv")

    def _changed_heads(self, rows: pd.DataFrame, view: View) -> dict[str, Any]:
        """What must change in the heads; nothing if possible, since Tabulator then builds the table anew."""
        intervals = bool(rows["low"].notna().any())
        hidden = ["share"] if intervals or not view.source.share else []
        hidden += [] if intervals else ["low", "high"]
        heads = (hidden, view.source.noun, view.measure.decimals)
        if heads == self._heads:
            return {}
        self._heads = heads
        number = NumberFormatter(format=f"0,0.{'0' * view.measure.decimals}")
        return {
            "hidden_columns": hidden,
            "titles": _titles(view.source.noun.capitalize(), "Value", "On time"),
            "formatters": {
                "rows": NumberFormatter(format="0,0"),
                **dict.fromkeys(("value", "low", "high"), number),
                "share": NumberFormatter(format="0.0%"),
            },
        }

    def _csv(self) -> BytesIO:
        assert self._view
        titles = _titles(self._view.source.noun, self._view.title(), "share on time")
        rows = self.table.value.dropna(axis="columns", how="all").rename(columns=titles)
        return BytesIO(rows.to_csv(index=False).encode())


def _height(rows: int) -> int:
    return min(_HEAD + rows * _ROW, _HIGHEST)


def _titles(rows: str, value: str, share: str) -> dict[str, str]:
    return {"label": "Group", "rows": rows, "value": value, "low": "From", "high": "To", "share": share}
