"""The cue panel of lesson 09: shape and texture contradict, and a slider mixes them.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.cues.panel import CuePanel

__all__ = ["CuePanel"]
