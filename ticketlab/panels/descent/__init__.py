"""The descent panel of lesson 06: error and the fitted function, by width.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.descent.panel import DescentPanel

__all__ = ["DescentPanel"]
