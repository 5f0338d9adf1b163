"""No float64 is made on the stack's device, since MPS has none: on any path a network takes."""


from types import SimpleNamespace

import pytest
import torch

import ticketlab as tl
from tests.meta_device import WithoutFloat64
from tests.training.test_loop import DATA, NETS, RECIPES
from ticketlab.landscape import distances, lines

STACKS = {name: tl.draw(net, range(2)) for name, net in NETS.items()}
THERE = {name: stack.to("meta") for name, stack in STACKS.items()}
MASKS = {name: tl.pruning.prune(stack, rate=0.5) for name, stack in STACKS.items()}
MASKS_THERE = {name: {key: mask.to("meta") for key, mask in masks.items()}
               for name, masks in MASKS.items()}
FAR = SimpleNamespace(**{name: value.to("meta") if isinstance(value, torch.Tensor) else value
                         for name, value in vars(DATA).items()})
FAR.first = lambda number: FAR

MEASURES = {
    "evaluate": lambda a, masks: tl.evaluate(a, FAR.x_test, FAR.y_test, chunk=7),
    "interpolate": lambda a, masks: lines.interpolate(a, a, [0.25, 0.5]),
    "interpolate at a tensor": lambda a, masks: lines.interpolate(
        a, a, torch.full((2,), 0.5, device="meta")),
    "line": lambda a, masks: lines.line(a, a, FAR, points=3, masks=masks, progress=False),
    "distance": lambda a, masks: distances.distance(a, a),
    "hamming": lambda a, masks: distances.hamming(masks, masks),
    "hamming by chance": lambda a, masks: distances.hamming_by_chance(masks, masks),
    "density": lambda a, masks: tl.masks.density(masks),
    "ranks": lambda a, masks: tl.pruning.removal_ranks(tl.pruning.magnitude(a), masks, list(masks)),
    "random score": lambda a, masks: tl.pruning.random([0, 1])(a),
    "movement": lambda a, masks: tl.pruning.movement(a)(a),
    "saliency": lambda a, masks: tl.pruning.saliency(FAR, 8)(a),
    "near zero": lambda a, masks: tl.weights.share_near_zero(a),
    "correlation": lambda a, masks: tl.weights.correlation(a, a),
    "sign flips": lambda a, masks: tl.weights.sign_flips(a, a),
    "distance moved": lambda a, masks: tl.weights.distance_moved(a, a, masks),
}


@pytest.fixture(autouse=True)
def no_autocast(monkeypatch):
    """torch has no autocast of its meta device, and raises when asked whether it is on."""
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda *device: False)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("net", NETS)
def test_no_measure_makes_float64_on_the_device(net, measure):
    with WithoutFloat64():
        MEASURES[measure](THERE[net], MASKS_THERE[net])


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("net", NETS)
def test_no_training_makes_float64_on_the_device(net, recipe):
    with WithoutFloat64():
        run = tl.train(THERE[net], FAR, RECIPES[recipe].with_(steps=6), masks=MASKS_THERE[net],
                       snapshots=[3], progress=False)
    assert run.end.step == 6 and run.stack.device.type == "meta"


@pytest.mark.parametrize("makes", [
    lambda there: torch.zeros(2, dtype=torch.float64, device=there.device),
    lambda there: there.double(), lambda there: there.to("cpu", torch.float64)],
    ids=["made there", "converted there", "converted on its way to the CPU"])
def test_float64_on_the_device_would_be_noticed(makes):
    """Without this the tests above could never fail."""
    with pytest.raises(TypeError, match="float64"), WithoutFloat64():
        makes(torch.zeros(2, device="meta"))


def test_the_loss_is_that_of_a_sum_in_float64():
    """On the CPU the bits of an evaluation in parts stay what one running sum in float64 gives."""
    stack, total = STACKS["mlp"], torch.zeros(2, dtype=torch.float64)
    for x, y in zip(DATA.x_test.split(7), DATA.y_test.split(7), strict=True):
        outputs = tl.stack.forward(stack, x, shared=True)
        total += torch.stack([torch.nn.functional.cross_entropy(own, y, reduction="none")
                              for own in outputs]).sum(1)
    loss, _ = tl.evaluate(stack, DATA.x_test, DATA.y_test, chunk=7)
    assert torch.equal(loss, (total / len(DATA.x_test)).float())
