"""A network, a run or a search where a stack is meant: one sentence that says what to give."""

from types import SimpleNamespace

import pytest

import ticketlab as tl
from tests.training.test_loop import DATA, NETS, RECIPES

NET = NETS["mlp"]
STACK = tl.draw(NET, range(2))
RECIPE = RECIPES["sgd"].with_(steps=4)
TICKETS = tl.lottery.search(NET, DATA, RECIPE, levels=1, rate=0.5, replicates=2, progress=False)
TRIAL = TICKETS.trials[1]

GIVEN = {
    "module": (NET, r"is one nn.Module, a \w+; make a stack of it with tl.stack.from_modules\(\[net\]\)"),
    "run": (TRIAL.run, "is a Run; its networks are run.stack$"),
    "snapshot": (TICKETS.stem, "is a Snapshot; its networks are snapshot.stack$"),
    "trial": (TRIAL, "is a Trial; its networks are trial.run.stack$"),
    "search": (TICKETS, r"is a Tickets; its networks are tickets.initial before .*run.stack after it$"),
    "nothing": (None, r"is a NoneType; it must be a Stack, such as tl.draw\(net, range\(3\)\)$"),
}
TAKES = {
    "train": lambda given: tl.train(given, DATA, RECIPE, progress=False),
    "kept": lambda given: tl.runs.train("given", given, DATA, RECIPE, progress=False),
    "evaluate": lambda given: tl.evaluate(given, DATA.x_test, DATA.y_test),
    "search": lambda given: tl.lottery.search(given, DATA, RECIPE, levels=1, rate=0.5, progress=False),
    "rewinding": lambda given: tl.rewinding.search(given, DATA, RECIPE, [tl.rewinding.weights(0)], levels=1,
                                                   rate=0.5, progress=False),
    "concatenate": lambda given: tl.stack.concatenate([STACK, given]),
    "prune": lambda given: tl.pruning.prune(given, rate=0.5),
    "prune under masks": lambda given: tl.pruning.prune(given, TRIAL.masks, rate=0.5),
    "ladder": lambda given: tl.pruning.ladder(given, 0.5, 2),
    "magnitude": tl.pruning.magnitude, "random": tl.pruning.random([0, 1]),
    "movement": tl.pruning.movement(STACK), "movement from": tl.pruning.movement,
    "saliency": tl.pruning.saliency(SimpleNamespace(x_train=DATA.x_train, first=lambda number: DATA), 8),
    "dense": tl.masks.dense, "apply masks": lambda given: tl.masks.apply_masks(given, TRIAL.masks),
    "line": lambda given: tl.landscape.line(STACK, given, DATA, progress=False),
    "line from": lambda given: tl.landscape.line(given, STACK, DATA, progress=False),
    "interpolate": lambda given: tl.landscape.interpolate(given, STACK, 0.5),
    "recompute": lambda given: tl.landscape.recompute_norms(given, DATA),
    "weights": tl.weights.share_near_zero,
    "figure": tl.figures.histogram,
}
MEANT = {("train", "snapshot"), ("kept", "snapshot"), ("search", "module"), ("rewinding", "module")}


@pytest.mark.parametrize("takes", TAKES)
@pytest.mark.parametrize("given", GIVEN)
def test_what_is_no_stack_is_named_with_the_cure(given, takes):
    if (takes, given) in MEANT:
        pytest.skip("that is one of the things it takes")
    what, says = GIVEN[given]
    with pytest.raises(TypeError, match=says):
        TAKES[takes](what)
