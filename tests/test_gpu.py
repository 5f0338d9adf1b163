"""On an accelerator a stack trains as it does on the CPU. Skipped where there is none."""

import pytest
import torch

from tests.training.memory.test_forecast import ADAM, IMAGE, make_data
from tests.training.test_augmentation import images
from tests.training.test_loop import DATA, NETS, RECIPES
from tests.training.test_waiting import IMAGE_NET
from tests.training.waiting import none_between_evaluations
from ticketlab import nets, stack
from ticketlab.pruning import masks, prune
from ticketlab.training import loop as training
from ticketlab.training import train
from ticketlab.training.memory import forecast as memory

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")


class OnGpu:
    """Small data, moved: by default those of test_training."""

    def __init__(self, data=DATA):
        for name, value in vars(data).items():
            setattr(self, name, value.cuda() if isinstance(value, torch.Tensor) else value)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_training_on_a_gpu_gives_what_the_cpu_gives(net, recipe):
    start = stack.draw(NETS[net], range(2))
    masks = prune(start, rate=0.5)
    short = RECIPES[recipe].with_(steps=10)
    cpu = train(start, DATA, short, masks=masks, progress=False)
    gpu = train(start.to("cuda"), OnGpu(), short, progress=False,
                masks={name: mask.cuda() for name, mask in masks.items()})
    for name, values in cpu.stack.parameters.items():
        torch.testing.assert_close(gpu.stack.parameters[name].cpu(), values, rtol=1e-2, atol=1e-3)


@pytest.fixture
def no_waiting(monkeypatch):
    """CUDA itself raises an error for whatever waits between two evaluations."""
    def switch(on):
        torch.cuda.set_sync_debug_mode("error" if on else "default")

    with none_between_evaluations(monkeypatch, switch):
        yield


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_loop_never_waits_for_the_device(net, recipe, no_waiting):
    start = stack.draw(NETS[net], range(2), device="cuda")
    train(start, OnGpu(), RECIPES[recipe].with_(steps=20), masks=prune(start, rate=0.5),
          snapshots=[13], progress=False)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_mixed_precision_with_augmentation_never_waits_and_learns_the_same(kind, monkeypatch, request):
    if kind == torch.bfloat16 and torch.cuda.get_device_capability()[0] < 8:
        pytest.skip("this device has no bfloat16")
    recipe = ADAM.with_(optimizer="sgd", lr=0.02, batch=10, steps=12, evaluate_every=4,
                        augment="crop-flip")
    start, data = stack.draw(IMAGE_NET, range(2), device="cuda"), OnGpu(images())
    full = train(start, data, recipe, progress=False)
    monkeypatch.setattr(training, "_sixteen_bits", lambda device: kind)
    request.getfixturevalue("no_waiting")
    mixed = train(start, data, recipe.with_(precision="mixed"), progress=False)
    wanted, found = (run.curves["train_loss"][1:] for run in (full, mixed))
    assert ((found - wanted).abs() < 0.2 * wanted).all()


def test_waiting_in_a_step_is_an_error_under_the_guard(monkeypatch, request):
    step = training.Trainer.step
    monkeypatch.setattr(training.Trainer, "step", lambda *arguments: (
        each := step(*arguments), each[0].mean().item())[0])
    request.getfixturevalue("no_waiting")
    with pytest.raises(RuntimeError, match="synchron"):
        train(stack.draw(NETS["mlp"], range(2), device="cuda"), OnGpu(), RECIPES["sgd"],
              progress=False)


@pytest.mark.parametrize("net", [nets.mlp(IMAGE), nets.resnet20(IMAGE, depth=8)], ids=["mlp", "resnet"])
def test_a_training_takes_about_the_memory_that_was_predicted(net):
    """Not less than three quarters and not more than twice: cuDNN chooses its workspaces itself."""
    data, start = OnGpu(make_data(IMAGE)), stack.draw(net, range(20), device="cuda")
    held = masks.dense(start)
    train(start, data, ADAM, masks=held, progress=False)  # whatever is loaded at first
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    train(start, data, ADAM, masks=held, progress=False)
    real = torch.cuda.max_memory_allocated() - before
    assert 0.75 * real < memory.needed(start, data, ADAM).allocated < 2 * real


def test_a_stack_that_does_not_fit_is_split_and_gives_the_same():
    """Memory really runs out: the process may have what half of the stack takes, and a little."""
    data, start = OnGpu(make_data(IMAGE)), stack.draw(nets.mlp(IMAGE, (4000, 2000)), range(8),
                                                      device="cuda")
    whole = train(start, data, ADAM, progress=False)
    takes = memory.needed(start, data, ADAM, masks=False).allocated
    total = torch.cuda.mem_get_info()[1]
    torch.cuda.empty_cache()
    limit = torch.cuda.memory_reserved() + 0.7 * takes
    torch.cuda.set_per_process_memory_fraction(limit / total)
    try:
        with pytest.warns(UserWarning, match=r"8 networks did not fit on cuda:0; trained [421] at a time"):
            split = train(start, data, ADAM, progress=False)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert split.stack.device == start.device and split.together < 8
    for name, values in whole.stack.parameters.items():
        torch.testing.assert_close(split.stack.parameters[name], values, rtol=1e-2, atol=1e-3)
