"""What the ticket panel looks up: each level's numbers, weights counted by value, masks by block.

Searches are done before the panel is made, so nothing is trained or evaluated here. Lesson 04's
panel builds on this file.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ticketlab.figures import drawing
from ticketlab.lottery import Tickets, Trial
from ticketlab.panels.accuracies import by_level
from ticketlab.panels.curves import Curve
from ticketlab.panels.tickets.picture import Picture
from ticketlab.pruning import by_layer, layer_name, survivors
from ticketlab.weights import ALL

AFTER, START = SHOWS = ("after training", "at the start")
BINS = 61  # odd, so that the middle bin is centred on zero
BLOCKS = 50, 56  # at most so many rows and columns in the picture of a mask; 56 = 2 x 28 pixels
OTHERS = ("s", "D", "^", "v")  # markers of the searches of other rates, in grey


class TicketReading(NamedTuple):
    """What the panel shows, as numbers; shares are fractions, counts those of its replicate.

    rate: per round, of the search. level: of ``last`` levels. density, sparsity: of whole weights.
    removed: the share of the survivors that this level's cut removed, over all layers. accuracy,
    lowest, highest: on the test split after the last step, over replicates; own: this replicate's;
    dense: the mean of the unpruned networks. kept_by_layer: layer -> weights.
    """

    rate: float
    level: int
    last: int
    density: float
    sparsity: float
    removed: float
    kept: int
    weights: int
    accuracy: float
    lowest: float
    highest: float
    own: float
    dense: float
    kept_by_layer: dict[str, int]


class View(NamedTuple):
    """Some layers at one level, counted: bins' edges, weights kept and in all by bin, and masks."""

    edges: np.ndarray
    kept: np.ndarray
    everything: np.ndarray
    pictures: list[Picture]


class LevelTable:
    """The levels of one search. rate: per round, the search's name in the panel."""

    def __init__(self, rate: float, tickets: Tickets):
        self.rate, self.tickets, self._wholes = rate, tickets, {}
        kept = [survivors(trial.masks) for trial in tickets.trials]
        self._kept = [{layer_name(name): counts.tolist() for name, counts in own.items()}
                      for own in kept]
        self._accuracy = [trial.run.last("test_accuracy").double() for trial in tickets.trials]

    def read(self, level: int, replicate: int) -> TicketReading:
        """The numbers of one level."""
        total, before, kept = (sum(kept[replicate] for kept in self._kept[each].values())
                               for each in (0, max(0, level - 1), level))
        accuracy = self._accuracy[level]
        return TicketReading(
            self.rate, level, len(self._kept) - 1, kept / total, 1 - kept / total,
            1 - kept / before, kept, total, accuracy.mean().item(), accuracy.min().item(),
            accuracy.max().item(), accuracy[replicate].item(), self._accuracy[0].mean().item(),
            {layer: counts[replicate] for layer, counts in self._kept[level].items()})

    def view(self, level: int, layer: str, replicate: int, shows: str) -> View:
        """One level's weights of one layer (or all) of one network, by value, and its masks.

        shows: values after the level's training, or at its start: those of the rewind step.
        """
        trial = self.tickets.trials[level]
        stack = trial.run.stack if shows == AFTER else self.tickets.stem.stack
        edges, everything = self._whole(layer, replicate, shows)
        values = drawing.weights(stack, layer, replicate).flatten()
        mask = drawing.mask(trial.masks, stack, layer, replicate).flatten()
        pictures = [_picture(layer_name(name), own[replicate].flatten(1).cpu().numpy())
                    for name, own in trial.masks.items() if layer in (ALL, layer_name(name))]
        return View(edges, _counts(values[mask], edges[-1])[0], everything, pictures)

    def _whole(self, layer: str, replicate: int, shows: str) -> tuple[np.ndarray, np.ndarray]:
        """Edges that hold the weights of every level, so that none moves from level to level, and
        the counts of all weights before pruning."""
        key = layer, replicate, shows
        if key not in self._wholes:
            stacks = ([trial.run.stack for trial in self.tickets.trials] if shows == AFTER
                      else [self.tickets.stem.stack])
            values = [drawing.weights(stack, layer, replicate).flatten() for stack in stacks]
            reach = max(each.abs().max().item() for each in values) or 1.0
            counts, edges = _counts(values[0], reach)
            self._wholes[key] = edges, counts
        return self._wholes[key]


def _counts(values, reach: float):
    return np.histogram(values.double().numpy(), BINS, (-reach, reach))


def _picture(layer: str, mask: np.ndarray) -> Picture:
    """A mask [units, inputs] as the share kept in each of at most ``BLOCKS`` blocks."""
    rows, columns = (np.linspace(0, size, min(size, most) + 1).astype(int)
                     for size, most in zip(mask.shape, BLOCKS, strict=True))
    sums = np.add.reduceat(np.add.reduceat(mask, rows[:-1], 0, dtype=np.int64), columns[:-1], 1)
    return Picture(layer, int(mask.sum()), *mask.shape,
                   sums / np.outer(np.diff(rows), np.diff(columns)))


def by_rate(searches) -> dict[float, Tickets]:
    """rate -> search, ascending; raises ValueError unless the searches can share a panel."""
    if isinstance(searches, Tickets):
        return {max(by_layer(searches.initial, "rate", searches.rate).values()): searches}
    if not isinstance(searches, Mapping) or not searches:
        raise ValueError(f"searches is {searches!r:.60}; give what lottery.search returns, or a "
                         "dictionary rate per round -> such a search")
    shapes = None
    for rate, tickets in searches.items():
        rates = by_layer(tickets.initial, "rate", tickets.rate).values()
        if not any(math.isclose(rate, each) for each in rates):
            raise ValueError(f"the search under rate {rate} was run with {tickets.rate}; name it "
                             "by a rate of its own")
        own = {name: mask.shape for name, mask in tickets.trials[0].masks.items()}
        if own != (shapes := shapes or own):
            raise ValueError(f"the searches are of different networks: {own} at rate {rate} "
                             f"against {shapes} (replicates first); make a panel of each")
    return dict(sorted(searches.items()))


def controls_by_rate(controls, searches) -> dict[float, list[Trial]]:
    """rate -> trials of other arms; raises ValueError for rates that have no search."""
    if controls is None:
        return {}
    if not isinstance(controls, Mapping):
        if len(searches) > 1:
            raise ValueError(f"controls belong to one search, and there are {len(searches)}; give "
                             f"a dictionary rate -> trials, with rates of {list(searches)}")
        return {rate: list(controls) for rate in searches}
    for rate in controls:
        drawing.choose("the rate of controls", rate, searches)
    return {rate: list(trials) for rate, trials in controls.items()}


def curves_by_rate(searches, controls) -> dict[float, list[Curve]]:
    """The curves of each rate: its search, the searches of other rates, its controls."""
    shown = {}
    for rate, tickets in searches.items():
        arms = {}
        for trial in controls.get(rate, []):
            arms.setdefault(trial.arm, []).append(trial)
        styles = drawing.arm_styles(["ticket", *arms])
        shown[rate] = [by_level("ticket", tickets.trials, *styles["ticket"])]
        others = [other for other in searches if other != rate]
        shown[rate] += [by_level(f"{100 * other:.4g} % a round", searches[other].trials, drawing.GREY,
                                 OTHERS[number % len(OTHERS)]) for number, other in enumerate(others)]
        shown[rate] += [by_level(_name(arm), trials, *styles[arm]) for arm, trials in arms.items()]
    return shown


def _name(arm: str) -> str:
    # trained again under another recipe, which is not the search's own curve
    return "ticket (control)" if arm == "ticket" else drawing.arm_name(arm)
