"""The supermask panel of lesson 08: the share of random weights that is used, and which they are.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.supermasks.panel import SupermaskPanel

__all__ = ["SupermaskPanel"]
