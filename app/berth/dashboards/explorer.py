"""Explorer, the dashboard that ships: questions on the flights of New York in 2013, or on a visitor's own file.

`berth up` serves it when no script is named; `panel serve explorer.py` serves it without Berth.
"""

import panel as pn

from berth.dashboards.exploring.explorer import Explorer

pn.extension("tabulator", design=pn.theme.Design)

Explorer().servable()
