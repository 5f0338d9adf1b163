"""The kernels panel of lesson 09: kernels as pictures, and what magnitude would remove of them.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.kernels.panel import KernelsPanel

__all__ = ["KernelsPanel"]
