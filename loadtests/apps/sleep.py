"""A callback that sleeps, as one does that waits for a database. It holds neither a lock nor the GIL."""

import time

import panel as pn
from buttons import Page

pn.extension()
Page("Sleep", time.sleep)
