"""A table of 500 MB, made when this module is imported: what dashboards load before they can show anything."""

import numpy as np
import pandas as pd

MEGABYTES = 500
COLUMNS = 8

rows = MEGABYTES * 1_000_000 // (8 * COLUMNS)
table = pd.DataFrame({f"column {number}": np.arange(rows, dtype=float) for number in range(COLUMNS)})
