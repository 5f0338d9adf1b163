"""Sliders. A panel is its controls, its look-up and its pictures, in a folder of its own.

prune: one cut while a slider moves (lesson 03); tickets: level by level (lesson 04)
rewind: two children and the line between them (lesson 05); scaling, descent: width (lesson 06)
variants: rotated, or trained under pressure, then cut (lesson 07); levels: lines from level to level
page: any panel as one HTML file, ``panel.save("prune.html")``
kernels, fits, cues: kernels and their fits, shape and texture (lesson 09)
supermasks, resets: random weights that are picked, layers that go back (lesson 08)
language: a language model, cut (lesson 10)
controls: sliders with fields, choices
base: what all panels share; svg: axes and keys; curves: lines and markers; images: arrays
guesses: the learner's guess
"""

from ticketlab.panels.cues import CuePanel
from ticketlab.panels.descent import DescentPanel
from ticketlab.panels.fits import FitPanel
from ticketlab.panels.guesses import Guess, guess
from ticketlab.panels.kernels import KernelsPanel
from ticketlab.panels.language import LanguagePanel
from ticketlab.panels.levels import LevelsPanel
from ticketlab.panels.prune import PrunePanel, Reading
from ticketlab.panels.resets import ResetPanel
from ticketlab.panels.rewind import RewindPanel
from ticketlab.panels.scaling import ScalingPanel
from ticketlab.panels.supermasks import SupermaskPanel
from ticketlab.panels.tickets import TicketPanel
from ticketlab.panels.variants import PressurePanel, RotationPanel

# as the cells of lessons write them
cue_panel, descent_panel, fit_panel, kernels_panel = CuePanel, DescentPanel, FitPanel, KernelsPanel
language_panel, levels_panel, pressure_panel = LanguagePanel, LevelsPanel, PressurePanel
prune_panel, reset_panel, rewind_panel = PrunePanel, ResetPanel, RewindPanel
rotation_panel, scaling_panel = RotationPanel, ScalingPanel
supermask_panel, ticket_panel = SupermaskPanel, TicketPanel

__all__ = ["CuePanel", "DescentPanel", "FitPanel", "Guess", "KernelsPanel", "LanguagePanel",
           "LevelsPanel", "PressurePanel", "PrunePanel", "Reading", "ResetPanel", "RewindPanel",
           "RotationPanel", "ScalingPanel", "SupermaskPanel", "TicketPanel", "cue_panel",
           "descent_panel", "fit_panel", "guess", "kernels_panel", "language_panel", "levels_panel",
           "pressure_panel", "prune_panel", "reset_panel", "rewind_panel", "rotation_panel",
           "scaling_panel", "supermask_panel", "ticket_panel"]
