"""Explorer, the dashboard that ships: the flights of New York in 2013, filtered, grouped and drawn.

`berth up` serves it when no script is named; `panel serve explorer.py` serves it without Berth.
"""

import panel as pn

from berth.dashboards.flights.explorer import Explorer

pn.extension("tabulator", design=pn.theme.Design)

Explorer().servable()
