"""What excites a unit: the patch of the data that it answers most, and an input made for it.

Two looks at the same question, both easily over-read. The patch is a real one, and the data may hold
no better; the made input is no image at all, and what it looks like depends on its regularisation.
Lesson 09 builds on this file.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ticketlab.basics import whole_from
from ticketlab.stack import Stack, check_replicate


def exciting_patches(stack: Stack, layer: str, x: Tensor, replicate: int = 0) -> Tensor:
    """For each kernel of a two-dimensional convolution that reads the images, the patch with its
    highest response: [K, C, h, w], zero where it reaches over the edge.

    x: images [N, C, height, width]. Raises ValueError for another layer and for other images.
    Lesson 09 builds on it.
    """
    module = _layer(stack, layer, replicate)
    fits = isinstance(module, nn.Conv2d) and module.groups == 1
    if not fits or x.dim() != 4 or x.shape[1] != module.in_channels:
        raise ValueError(f"layer {layer!r} is {type(module).__name__}, and the images are "
                         f"{tuple(x.shape)}; give a two-dimensional convolution that reads these "
                         f"images, such as the first")
    parts = F.unfold(x, module.kernel_size, module.dilation, module.padding, module.stride)
    flat = parts.transpose(1, 2).flatten(0, 1)
    best = (flat @ module.weight.detach().flatten(1).T).argmax(0)
    return flat[best].unflatten(1, (x.shape[1], *module.kernel_size))


def made_input(stack: Stack, layer: str, unit: int, shape, *, replicate: int = 0, decay: float = 1e-2,
               steps: int = 100, lr: float = 0.1, seed: int = 0) -> Tensor:
    """An input on which a unit answers strongly, by gradient ascent: [C, height, width].

    The mean response of the unit is raised by Adam from faint noise, minus ``decay`` times the sum
    of squares of the input: without that regularisation it would grow without end, and with another
    it would look different. unit: an output channel of the layer. shape: of an input. Raises
    ValueError for a unit that the layer has not and for a decay that is not above 0. Erhan et al.
    2009. Lesson 09 builds on it.
    """
    if not decay > 0:
        raise ValueError(f"decay is {decay}; it must be above 0, or the input grows without end")
    module = _layer(stack, layer, replicate)
    net = stack.module(replicate).eval().requires_grad_(False)
    seen = []
    net.get_submodule(layer).register_forward_hook(lambda own, given, answer: seen.append(answer))
    units = module.weight.shape[0]
    if whole_from("unit", unit) >= units:
        raise ValueError(f"unit is {unit}; {layer!r} has {units}, from 0 to {units - 1}")
    generator = torch.Generator().manual_seed(whole_from("seed", seed))
    x = (0.1 * torch.randn(1, *shape, generator=generator)).requires_grad_(True)
    optimizer = torch.optim.Adam([x], lr=lr)
    for _ in range(whole_from("steps", steps, least=1)):
        seen.clear()
        net(x)
        loss = decay * x.square().sum() - seen[0][:, unit].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return x.detach()[0]


def _layer(stack: Stack, layer: str, replicate: int) -> nn.Module:
    check_replicate(stack, replicate)
    module = dict(stack.module(replicate).named_modules()).get(layer)
    if not isinstance(getattr(module, "weight", None), Tensor):
        raise ValueError(f"layer {layer!r} is no layer of this stack that has weights")
    return module
