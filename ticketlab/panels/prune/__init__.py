"""The prune panel of lesson 03.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.prune.panel import PrunePanel
from ticketlab.panels.prune.picture import histogram
from ticketlab.panels.prune.table import Reading

__all__ = ["PrunePanel", "Reading", "histogram"]
