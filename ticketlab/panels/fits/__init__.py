"""The fit panel of lesson 09: one kernel, the learner's Gabor function, and the optimiser's.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.fits.panel import FitPanel

__all__ = ["FitPanel"]
