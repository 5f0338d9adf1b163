"""What the supermask panel looks up: accuracy by the share that is used, masks, and units that survive.

Lesson 08's panel builds on this file.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ticketlab.landscape import surviving
from ticketlab.panels.curves import Curve
from ticketlab.pruning import density, layer_name, prunable

UNUSED, DEAD = (255, 255, 255), (225, 225, 225)
POSITIVE, NEGATIVE = (178, 24, 43), (33, 102, 172)  # red above 0, blue below, as kernels are drawn


class SupermaskReading(NamedTuple):
    """What the panel shows, as numbers; shares and accuracies are fractions, on the test split.

    weights: the draw of the random weights, or the way the mask was found. share: of the weights that
    are used. accuracy, lowest, highest: over replicates; own: of the replicate. layer, used, size: of
    the weights of that layer that the replicate uses. units: hidden layer -> units that a path of used
    weights leads through, and all.
    """

    weights: str
    share: float
    accuracy: float
    lowest: float
    highest: float
    own: float
    layer: str
    used: int
    size: int
    units: dict[str, tuple[int, int]]


class SupermaskTable:
    """One row of trials, a trial a share. style: colour and marker of its curve.

    Raises ValueError for no trials, and as ``landscape.surviving`` does.
    """

    def __init__(self, name: str, trials: Sequence, style: tuple[str, str]):
        if not len(trials):
            raise ValueError(f"there are no trials of {name!r}; give what lottery.supermasks returned")
        self.name = name
        self.trials = sorted(trials, key=lambda trial: density(trial.masks)[0].item())
        self.shares = [density(trial.masks)[0].item() for trial in self.trials]
        self.accuracies = np.array([trial.run.last("test_accuracy").double().tolist()
                                    for trial in self.trials])
        self.net = self.trials[0].run.stack.net
        self.layers = {layer_name(weight): weight for weight in prunable(self.net)}
        self._alive = [surviving(self.net, trial.masks) for trial in self.trials]
        self.units = [{layer: (alive.sum(1).tolist(), alive.shape[1]) for layer, alive in own.items()}
                      for own in self._alive]
        percent = 100 * self.accuracies
        self.curve = Curve(name, *style, [100 * share for share in self.shares],
                           percent.mean(1).tolist(), percent.min(1).tolist(), percent.max(1).tolist())

    def nearest(self, share: float) -> int:
        """The place of the trial whose share is nearest."""
        return min(range(len(self.shares)), key=lambda place: abs(self.shares[place] - share))

    def read(self, place: int, layer: str, replicate: int) -> SupermaskReading:
        """The numbers of one trial."""
        own, mask = self.accuracies[place], self.trials[place].masks[self.layers[layer]][replicate]
        return SupermaskReading(
            self.name, self.shares[place], own.mean(), own.min(), own.max(), own[replicate], layer,
            int(mask.sum()), mask.numel(),
            {name: (alive[replicate], size) for name, (alive, size) in self.units[place].items()})

    def picture(self, place: int, layer: str, replicate: int) -> np.ndarray:
        """A layer's weights, a row for what each output is computed from, uint8 [outputs, inputs, 3]: red
        above 0 and blue below, white where a weight is not used, grey rows for units that nothing
        passes."""
        trial, weight = self.trials[place], self.layers[layer]
        values = trial.run.stack.parameters[weight][replicate].detach().flatten(1).cpu().numpy()
        mask = trial.masks[weight][replicate].flatten(1).cpu().numpy()
        colours = np.empty((*mask.shape, 3), np.uint8)
        colours[:] = UNUSED
        alive = self._alive[place].get(layer)
        if alive is not None:
            colours[~alive[replicate].cpu().numpy()] = DEAD
        colours[mask & (values > 0)], colours[mask & (values < 0)] = POSITIVE, NEGATIVE
        return colours
