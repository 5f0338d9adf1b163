"""The scaling panel of lesson 06: width, level, and a dense net of the same number of weights.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.scaling.panel import ScalingPanel

__all__ = ["ScalingPanel"]
