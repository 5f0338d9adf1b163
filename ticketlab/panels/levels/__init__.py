"""Lines between successive levels of searches, level by level. Lesson 07's panel.

panel: the controls; table: what is looked up; picture: what is drawn.
"""

from ticketlab.panels.levels.panel import LevelsPanel

__all__ = ["LevelsPanel"]
