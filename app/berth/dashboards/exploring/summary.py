"""What is computed at once of the rows of a view: one row for each group."""

import pandas as pd

from berth.dashboards.exploring.view import View


def groups(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """A row for each group that has one, by its value: in their own order if they have one, else the largest first.

    Columns: `label`, `rows` (how many), `value` (the chosen figure) and `share` (0 to 1); NaN where there is none.
    """
    grouped = rows.groupby(view["by"], observed=True)
    share = grouped[view.source.share].mean() if view.source.share else float("nan")
    table = pd.DataFrame(
        {
            "rows": grouped.size(),
            "value": grouped[view["measure"]].agg(view["stat"]).astype("float64"),
            "share": share,
        }
    )
    table.insert(0, "label", [view.grouping.labels[key] for key in table.index])
    return table if view.grouping.ordered else table.sort_values("rows", ascending=False)
