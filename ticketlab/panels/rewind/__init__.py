"""The rewind panel of lesson 05.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.rewind.panel import RewindPanel

__all__ = ["RewindPanel"]
