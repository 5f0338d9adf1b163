"""What defines a ticket is checked at every level: what is taken along from the one before is found."""

import pytest

from tests.lottery.test_iterative_pruning import SHORT, search
from tests.lottery.test_known_bugs import SGD
from tests.training.test_loop import NETS, fit
from ticketlab import stack
from ticketlab.lottery import iterative_pruning as lottery
from ticketlab.lottery.invariants import BrokenTicket, check_rewound
from ticketlab.pruning import apply_masks, dense, density, prune
from ticketlab.training import Run, Snapshot


def reused_optimizer(stem, last, masks):
    """Broken: one Adam, or one momentum, for all rounds."""
    return Snapshot(apply_masks(stem.stack, masks), stem.step, last.end.optimizer)


def reused_schedule(stem, last, masks):
    """Broken: the count of steps goes on, and with it the learning rate, dropped long ago."""
    return Snapshot(apply_masks(stem.stack, masks), last.end.step, stem.optimizer)


def reused_batch_statistics(stem, last, masks):
    """Broken: puts the parameters back, and forgets that buffers are no parameters."""
    rewound = apply_masks(stem.stack, masks)
    rewound.buffers.update(last.end.stack.buffers)
    return Snapshot(rewound, stem.step, stem.optimizer)


def reused_weights(stem, last, masks):
    """Broken: goes on from the trained weights, which is fine-tuning, and calls it a ticket."""
    rewound = apply_masks(stem.stack, masks)
    trained = apply_masks(last.stack, masks)
    rewound.parameters.update({name: trained.parameters[name] for name in masks})
    return Snapshot(rewound, stem.step, stem.optimizer)


def reused_biases(stem, last, masks):
    """Broken: puts the weights back, and nothing else."""
    rewound = apply_masks(stem.stack, masks)
    rewound.parameters.update({name: values for name, values in last.end.stack.parameters.items()
                               if name not in masks})
    return Snapshot(rewound, stem.step, stem.optimizer)


def rewound(stem, last, masks):
    return Snapshot(apply_masks(stem.stack, masks), stem.step, stem.optimizer)


@pytest.mark.parametrize("broken, message", [
    (reused_optimizer, "the optimiser's state is not that of step {k}"),
    (reused_schedule, "it starts at step 20, not {k}"),
    (reused_batch_statistics, "batch-norm state 'norm1.running_mean' is not that of step {k}"),
    (reused_weights, "'conv1.weight' does not start from its values at step {k}"),
    (reused_biases, "'conv1.bias' does not start from its values at step {k}")])
@pytest.mark.parametrize("k", [0, 5])
def test_state_carried_over_from_the_round_before(broken, message, k):
    recipe = SGD.with_(steps=20)
    start = stack.draw(NETS["cnn"], [0, 1])
    last = fit(start, recipe, snapshots=[k])
    stem = last.snapshots[k] if k else Snapshot(start)
    masks = prune(last.stack, rate=0.4)

    def check(rewind):
        share = density(masks)[0].item()
        check_rewound(1, rewind(stem, last, masks), stem, masks, dense(start), share)

    check(rewound)
    with pytest.raises(BrokenTicket, match=message.format(k=k)):
        check(broken)


def test_the_search_itself_refuses_to_go_on_with_them(monkeypatch):
    """The checks are part of the loop: each fault put into it stops it at its first level."""
    def trained_without_masks(*arguments, **more):
        run = fit(arguments[1], SHORT)
        return Run(run.end, run.curves, {})

    def values_kept(nets_here, masks):
        return apply_masks(nets_here.map(lambda values: values + 0.01), masks)

    for name, fault, message in [
            ("learner", lambda *_: trained_without_masks, "pruned weights of .* are not zero"),
            ("apply_masks", lambda nets_here, masks: nets_here, "are not zero"),
            ("apply_masks", values_kept, "does not start from its values at step 0"),
            ("prune", lambda nets_here, masks, **_: masks, "the density is .* and should be")]:
        with monkeypatch.context() as patched:
            patched.setattr(lottery, name, fault)
            with pytest.raises(BrokenTicket, match=f"level 1 is not a ticket: .*{message}"):
                search(recipe=SHORT)
