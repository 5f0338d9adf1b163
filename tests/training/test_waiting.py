"""Between two evaluations nothing waits for the device, and 16-bit steps stay near those of 32."""

import numpy as np
import pytest
import torch

from tests.training.test_augmentation import images
from tests.training.test_loop import DATA, NETS, RECIPES
from tests.training.waiting import Waited, guarded
from ticketlab import landscape, nets, stack
from ticketlab.nets import Task
from ticketlab.pruning import prune
from ticketlab.training import Recipe, train, trainer

IMAGE_NET = nets.resnet20(Task((3, 4, 4), 4), width=4, depth=8)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_nothing_waits_for_the_device_between_evaluations(net, recipe, monkeypatch):
    """With masks, snapshots, and the beginning of an epoch in between."""
    start = stack.draw(NETS[net], range(2))
    with guarded(monkeypatch):
        run = train(start, DATA, RECIPES[recipe].with_(steps=20), masks=prune(start, rate=0.5),
                    snapshots=[13], progress=False)
    assert run.end.step == 20 and run.curves["train_loss"].isfinite()[1:].all()


def test_nothing_waits_under_augmentation_and_mixed_precision(monkeypatch):
    recipe = Recipe("sgd", lr=0.02, momentum=0.9, batch=10, steps=9, evaluate_every=4,
                    augment="crop-flip", precision="mixed")
    with guarded(monkeypatch):
        train(stack.draw(IMAGE_NET, range(2)), images(), recipe, progress=False)


@pytest.mark.parametrize("wait", [
    lambda losses: losses.mean().item(), lambda losses: losses.tolist(),
    lambda losses: float(losses[0]), lambda losses: bool((losses > 0).all()),
    lambda losses: losses[losses > 0], lambda losses: losses.nonzero(),
    lambda losses: f"{losses[0]:.3f}", lambda losses: np.asarray(losses),
    lambda losses: losses.cpu()],
    ids=["item", "tolist", "float", "bool", "boolean index", "nonzero", "format", "numpy", "cpu"])
def test_a_step_that_waits_would_be_noticed(wait, monkeypatch):
    """The broken variants of a step: without this, the tests above could never fail."""
    step = trainer.Trainer.step

    def waits(*arguments):
        losses, accuracies = step(*arguments)
        wait(losses)
        return losses, accuracies

    monkeypatch.setattr(trainer.Trainer, "step", waits)
    with pytest.raises(Waited), guarded(monkeypatch):
        train(stack.draw(NETS["mlp"], range(2)), DATA, RECIPES["sgd"], progress=False)


@pytest.mark.parametrize("net", [nets.mlp(Task((3, 4, 4), 4), (8,)), IMAGE_NET, None],
                         ids=["mlp", "resnet", "conv1d"])
def test_float16_as_on_a_t4_stays_near_float32(net, monkeypatch):
    """Its range is small: the scaled loss must neither vanish nor overflow in it."""
    data = DATA if net is None else images()
    start = stack.draw(NETS["cnn"] if net is None else net, range(2))
    recipe = Recipe("sgd", lr=0.02, momentum=0.9, batch=10, steps=20, evaluate_every=5)
    full = train(start, data, recipe, progress=False)
    monkeypatch.setattr(trainer, "_sixteen_bits", lambda device: torch.float16)
    assert trainer._precision("mixed", torch.device("cpu"))[1] == 2 ** 10
    seen, losses = [], trainer.cross_entropies
    monkeypatch.setattr(trainer, "cross_entropies", lambda outputs, labels: (
        seen.append((outputs.dtype, losses(outputs, labels).dtype)), losses(outputs, labels))[1])
    half = train(start, data, recipe.with_(precision="mixed"), progress=False)
    assert (torch.float16, torch.float32) in seen  # outputs in 16 bits, the loss in 32
    for field in ("parameters", "buffers"):
        for name, values in getattr(half.stack, field).items():
            assert values.dtype == getattr(start, field)[name].dtype and values.isfinite().all(), name
    wanted, found = (run.curves["train_loss"][1:].mean(1) for run in (full, half))
    assert ((found - wanted).abs() < 0.2 * wanted).all() and wanted[-1] < 0.7 * wanted[0]
    # a single step, before small differences grow: rounding alone, which the statistics of ten
    # examples enlarge to some per cent in the ResNet; what vanished or overflowed would be far more
    one = recipe.with_(steps=1, momentum=0.0)
    full = train(start, data, one, progress=False)
    half = train(start, data, one.with_(precision="mixed"), progress=False)
    ways = [landscape.displacement(start, run.stack) for run in (full, half)]
    error = (ways[1] - ways[0]).norm(dim=1) / ways[0].norm(dim=1)
    assert (error > 0).all() and (error < 0.1).all()
