"""On an accelerator a stack trains as it does on the CPU. Skipped where there is none."""

import pytest
import torch

from tests.test_training import DATA, NETS, RECIPES
from ticketlab import stack
from ticketlab.pruning import prune
from ticketlab.training import train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")


class OnGpu:
    """The small data of test_training, moved."""

    def __init__(self):
        for name, value in vars(DATA).items():
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
