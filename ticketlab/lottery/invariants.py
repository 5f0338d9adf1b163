"""What must hold exactly at every level of iterative pruning, checked while it runs.

Each check stands for a mistake that has been made in public code and given wrong tickets: a mask
that was never applied again, survivors that are not the weights of the rewind step, an optimiser or
batch-norm state carried over from the level before. They cost a few comparisons a level.
``lottery.search`` calls them; lesson 04 builds on this file.
"""

import torch
from torch import Tensor

from ticketlab.pruning import Masks, density, layer_name
from ticketlab.training import Run, Snapshot


class BrokenTicket(RuntimeError):
    """Something that defines a ticket does not hold: a fault in the code, never in the data."""


def check_rewound(level: int, start: Snapshot, stem: Snapshot, masks: Masks, previous: Masks,
                  share: float) -> None:
    """Before a level trains: raises BrokenTicket unless

    - the masks lie inside those of the level before;
    - their density is ``share``, the rung of the ladder, for every replicate;
    - the surviving weights and every other parameter equal the stem's, bit for bit, the batch-norm
      state too, and pruned weights are zero;
    - step and optimiser state are the stem's: at k = 0 that is a fresh optimiser.
    """
    for name, mask in masks.items():
        _demand(not (mask & ~previous[name]).any(), level,
                f"weights of {layer_name(name)!r} come back that the level before had pruned")
    found = density(masks)
    _demand(((found - share).abs() < 1e-12).all(), level,
            f"the density is {found.tolist()} and should be {share} in every replicate")
    for name, values in start.stack.parameters.items():
        expected = stem.stack.parameters[name]
        if name in masks:
            _check_zero(level, name, values, masks[name])
            values, expected = values[masks[name]], expected[masks[name]]
        _demand(torch.equal(values, expected), level,
                f"{name!r} does not start from its values at step {stem.step}")
    for name, values in start.stack.buffers.items():
        _demand(torch.equal(values, stem.stack.buffers[name]), level,
                f"the batch-norm state {name!r} is not that of step {stem.step}")
    _demand(start.step == stem.step, level, f"it starts at step {start.step}, not {stem.step}")
    _demand(_same_state(start.optimizer, stem.optimizer), level,
            f"the optimiser's state is not that of step {stem.step}")


def check_trained(level: int, run: Run, masks: Masks) -> None:
    """After a level has trained: raises BrokenTicket unless pruned weights are still zero."""
    for name, mask in masks.items():
        _check_zero(level, name, run.stack.parameters[name], mask)


def _check_zero(level: int, name: str, values: Tensor, mask: Tensor) -> None:
    alive = values.masked_fill(mask, 0).count_nonzero().item()
    _demand(alive == 0, level, f"{alive} pruned weights of {layer_name(name)!r} are not zero")


def _same_state(a, b) -> bool:
    if a is None or b is None:
        return a is b
    return a.keys() == b.keys() and all(
        a[name].keys() == b[name].keys() and all(torch.equal(a[name][key], b[name][key])
                                                 for key in a[name]) for name in a)


def _demand(holds, level: int, what: str) -> None:
    if not holds:
        raise BrokenTicket(f"level {level} is not a ticket: {what}")
