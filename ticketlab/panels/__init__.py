"""Sliders. A panel is its controls, its look-up and its pictures, in a folder of its own.

prune: one cut while a slider moves (lesson 03); tickets: level by level (lesson 04)
rewind: two children and the line between them (lesson 05); scaling, descent: width (lesson 06)
variants: rotated, or trained under pressure, then cut (lesson 07); levels: lines from level to level
page: any panel as one HTML file, ``panel.save("prune.html")``
kernels, fits, cues: kernels and their fits, shape and texture (lesson 09)
supermasks, resets: random weights that are picked, layers that go back (lesson 08)
language: a language model, cut (lesson 10)
controls: sliders with fields, choices
base: what all panels share; svg: axes, keys, lines and markers; images: arrays
guesses: the learner's guess
"""

from ticketlab.panels.cues import CuePanel, cue_panel
from ticketlab.panels.descent import DescentPanel, descent_panel
from ticketlab.panels.fits import FitPanel, fit_panel
from ticketlab.panels.guesses import Guess, guess
from ticketlab.panels.kernels import KernelsPanel, kernels_panel
from ticketlab.panels.language import LanguagePanel, language_panel
from ticketlab.panels.levels import LevelsPanel, levels_panel
from ticketlab.panels.prune import PrunePanel, Reading, prune_panel
from ticketlab.panels.resets import ResetPanel, reset_panel
from ticketlab.panels.rewind import RewindPanel, rewind_panel
from ticketlab.panels.scaling import ScalingPanel, scaling_panel
from ticketlab.panels.supermasks import SupermaskPanel, supermask_panel
from ticketlab.panels.tickets import TicketPanel, ticket_panel
from ticketlab.panels.variants import PressurePanel, RotationPanel, pressure_panel, rotation_panel

__all__ = ["CuePanel", "DescentPanel", "FitPanel", "Guess", "KernelsPanel", "LanguagePanel",
           "LevelsPanel", "PressurePanel", "PrunePanel", "Reading", "ResetPanel", "RewindPanel",
           "RotationPanel", "ScalingPanel", "SupermaskPanel", "TicketPanel", "cue_panel",
           "descent_panel", "fit_panel", "guess", "kernels_panel", "language_panel", "levels_panel",
           "pressure_panel", "prune_panel", "reset_panel", "rewind_panel", "rotation_panel",
           "scaling_panel", "supermask_panel", "ticket_panel"]
