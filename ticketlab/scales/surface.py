"""Lesson 07 at each scale: which sparse networks, and how strong the pressure on them is."""

from dataclasses import dataclass, replace

from ticketlab.training import Recipe


@dataclass(frozen=True)
class Surface:
    """Lesson 07 at one scale, on the scale's own data: what lies around sparse networks.

    hidden: units of the MLP. recipe, replicates: how it is trained, plain SGD. levels, rate: rounds of
    global pruning, to a tenth. wide, pressed, pressed_replicates: the MLP, recipe and replicates of
    the part on pressure; l2, l1, powers: its strengths. widths, matched, pairs: of the MLPs of one hidden
    layer that are matched, their recipe, and how many pairs of each. signals, signal_steps: how many
    replicates of lesson 05's network are searched, and for how many steps each level trains.
    """

    hidden: tuple[int, ...]
    recipe: Recipe
    replicates: int
    levels: int
    rate: float
    wide: tuple[int, ...]
    pressed: Recipe
    pressed_replicates: int
    l2: tuple[float, ...]
    l1: tuple[float, ...]
    powers: tuple[int, ...]
    widths: tuple[int, ...]
    matched: Recipe
    pairs: int
    signals: int
    signal_steps: int | str


# Plain SGD, under which a pressure is no more than it says: Adam would divide it away.
_PLAIN = Recipe("sgd", lr=0.05, momentum=0.9, batch=100, steps=500, evaluate_every=500)
QUICK = Surface(
    (100, 100), _PLAIN, replicates=8, levels=4, rate=0.4377,  # a tenth remains after four rounds
    wide=(300, 100), pressed=_PLAIN.with_(steps=1_600, evaluate_every=1_600), pressed_replicates=8,
    l2=(1e-3, 5e-3), l1=(5e-4,), powers=(2, 3, 4),
    widths=(16, 64, 256), matched=_PLAIN, pairs=4, signals=5, signal_steps=500)
CLASS = replace(
    QUICK, hidden=(300, 100), recipe=_PLAIN.with_(steps=5_000, evaluate_every=1_000),
    pressed=_PLAIN.with_(steps=5_000, evaluate_every=1_000), pressed_replicates=4,
    widths=(16, 64, 256, 1_024), matched=_PLAIN.with_(steps=3_000, evaluate_every=1_000),
    signals=2, signal_steps="2ep")
PAPER = replace(
    CLASS, levels=10, rate=0.2, recipe=_PLAIN.with_(steps=50_000, evaluate_every=1_000),
    pressed=_PLAIN.with_(steps=50_000, evaluate_every=1_000), signals=3, signal_steps=62_500)
