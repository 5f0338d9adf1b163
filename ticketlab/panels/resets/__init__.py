"""The reset panel of lesson 08: one layer of a trained net goes back to its start, and how far.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.resets.panel import ResetPanel

__all__ = ["ResetPanel"]
