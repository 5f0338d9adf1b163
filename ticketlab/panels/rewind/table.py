"""What the rewind panel looks up: paths in the plane, barriers, and the tickets of several ways.

All of it is computed when the table is made, so that a move of a slider is a lookup. Lesson 05's
panel builds on this file.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ticketlab.figures import THRESHOLD, bar, drawing
from ticketlab.figures import landscape as landscape_figures
from ticketlab.landscape import STABLE, angle, project
from ticketlab.lottery import Tickets
from ticketlab.panels.accuracies import by_level

REWOUND = "rewind to "  # how rewinding.weights names a way


class RewindReading(NamedTuple):
    """What the panel shows, as numbers; errors, accuracies and shares are fractions.

    barrier, lowest, highest: over replicates; own: this replicate's; stable: whether the mean is
    below two points. apart: weight distance between the ends, degrees: the angle between them as
    the start sees them, both of this replicate. Of the tickets, None where there are none: level of
    ``last``, density, sparsity, removed (the share of the survivors that this level's cut removed),
    dense; and of those rewound to k, None where k has none: way (its name), accuracy,
    accuracy_lowest, accuracy_highest.
    """

    k: int
    barrier: float
    lowest: float
    highest: float
    own: float
    stable: bool
    apart: float
    degrees: float
    level: int | None = None
    last: int | None = None
    density: float | None = None
    sparsity: float | None = None
    removed: float | None = None
    dense: float | None = None
    way: str | None = None
    accuracy: float | None = None
    accuracy_lowest: float | None = None
    accuracy_highest: float | None = None


class RewindTable:
    """Families of children by rewind step, and tickets by way; raises ValueError for what does not
    belong together.

    steps: k, ascending. lines: k -> Line. tickets: name of a way -> Tickets. paths: (k, replicate)
    -> Paths. reach: least and largest x and y of all paths, one scale for all k. bars: k -> (α,
    foot, top) of the barrier. top: of the axis of errors. curves, dense: accuracies in percent, of
    each way by density and (mean, lowest, highest) of the dense networks. last: the last level of
    all ways. densities: share of weights at each level.
    """

    def __init__(self, children: Mapping, lines: Mapping, starts: Mapping, tickets: Mapping | None):
        landscape_figures._check_lines(lines)
        self.steps = _check_family(children, lines, starts)
        self.lines, self.tickets = lines, _by_name(tickets)
        self.replicates = lines[self.steps[0]].error.shape[1]
        self.paths = {(k, each): project(children[k], starts[k], each)
                      for k in self.steps for each in range(self.replicates)}
        corners = np.concatenate([way for seen in self.paths.values() for way in seen[:2]])
        self.reach = *_ends(corners[:, 0]), *_ends(corners[:, 1])
        self.bars = {k: bar(lines[k]) for k in self.steps}
        self.top = 1.06 * max([100 * one.error.max().item() for one in lines.values()]
                              + [max(top, foot + THRESHOLD) for _, foot, top in self.bars.values()])
        styles = drawing.arm_styles(self.tickets)
        self.curves = [by_level(drawing.arm_name(name), found, *styles[name])
                       for name, found in self.tickets.items()]
        self.last = min((len(found.trials) for found in self.tickets.values()), default=1) - 1
        first = next(iter(self.tickets), None)
        self.dense = self._accuracy(first, 0) if self.tickets else None
        self.densities = self.tickets[first].densities if self.tickets else []

    def way(self, k: int) -> str | None:
        """The way whose survivors go back to the weights of step k, if there is one."""
        return next((name for name, found in self.tickets.items()
                     if name.startswith(REWOUND) and found.stem.step == k), None)

    def read(self, k: int, level: int | None, replicate: int) -> RewindReading:
        """The numbers of one step, level and replicate."""
        barrier, seen = self.lines[k].barrier().double(), self.paths[k, replicate]
        reading = RewindReading(
            k, barrier.mean().item(), barrier.min().item(), barrier.max().item(),
            barrier[replicate].item(), barrier.mean().item() < STABLE,
            float(np.linalg.norm(seen.first[-1] - seen.second[-1])), angle(seen))
        if not self.tickets:
            return reading
        shares, way = self.densities, self.way(k)
        reading = reading._replace(
            level=level, last=self.last, density=shares[level], sparsity=1 - shares[level],
            removed=1 - shares[level] / shares[max(0, level - 1)], dense=self.dense[0] / 100)
        if way is None:
            return reading
        mean, lowest, highest = self._accuracy(way, level)
        return reading._replace(way=way, accuracy=mean / 100, accuracy_lowest=lowest / 100,
                                accuracy_highest=highest / 100)

    def _accuracy(self, way: str, level: int) -> tuple[float, float, float]:
        """Mean, lowest and highest over replicates, in percent."""
        found = 100 * self.tickets[way].trials[level].run.last("test_accuracy").double()
        return found.mean().item(), found.min().item(), found.max().item()


def _ends(values) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _check_family(children, lines, starts) -> list[int]:
    """The rewind steps, ascending; raises ValueError unless all three are of the same."""
    landscape_figures._check_steps(lines)
    for name, other in (("children", children), ("starts", starts)):
        missing = [k for k in lines if k not in other]
        if missing:
            raise ValueError(f"{name} has no k = {missing[0]}, and lines has; give all three of "
                             f"the same steps ({name}: {list(other)})")
    for k, line in lines.items():
        moved, sizes = starts[k].step, {line.error.shape[1], starts[k].stack.replicates}
        if moved != k:
            raise ValueError(f"the start under k = {k} stands at step {moved}")
        if len(sizes | {one.error.shape[1] for one in lines.values()}) > 1:
            raise ValueError(f"lines and starts have different numbers of replicates: {sizes} at "
                             f"k = {k}")
    return sorted(lines)


def _by_name(tickets) -> dict[str, Tickets]:
    """Name of a way -> Tickets; raises ValueError unless they stand on one ladder."""
    tickets = {name if isinstance(name, str) else f"{REWOUND}{name}": found
               for name, found in (tickets or {}).items()}
    ladders = {}
    for name, found in tickets.items():
        if not isinstance(found, Tickets):
            raise ValueError(f"tickets has a {type(found).__name__} under {name!r}; give what "
                             "rewinding.search returns")
        ladders[name] = found.densities
    shared = min(map(len, ladders.values()), default=0)
    for name, shares in ladders.items():
        first = next(iter(ladders.values()))
        if not np.allclose(shares[:shared], first[:shared], rtol=0, atol=1e-9):
            raise ValueError(f"the tickets stand at different densities: {name!r} at {shares} "
                             f"against {first}; prune all ways at the same rates")
    return tickets
