"""Networks in several variants, each cut at any rate: rotated by an angle, or trained under a pressure.

panel: the controls; table: what is looked up; picture: what is drawn. Lesson 07's panels.
"""

from ticketlab.panels.variants.panel import PressurePanel, RotationPanel

__all__ = ["PressurePanel", "RotationPanel"]
