"""What the weights of a trained stack look like: the measurements of lessons 02 and 08.

Every function takes stacks and gives, for each prunable layer, one number a replicate:
``layer -> [R]``. The entry ``"all layers"`` pools the weights of the whole network.
"""

import torch
from torch import Tensor

from ticketlab.claims import measured
from ticketlab.pruning import Masks, check_masks, layer_name, prunable
from ticketlab.stack import Stack, check_stack

ALL = "all layers"
# P(abs(z) < 0.1) of a standard Gaussian: what "as concentrated as a Gaussian" means in lesson 02
GAUSSIAN_SHARE = float(torch.erf(torch.tensor(0.1 / 2**0.5, dtype=torch.float64)))

ByLayer = dict[str, Tensor]


def share_near_zero(stack: Stack, within: float = 0.1) -> ByLayer:
    """Share of weights with absolute value below ``within`` standard deviations of their layer's
    weights (of all weights, for the pooled entry): fractions, layer -> [R].

    A Gaussian has 8.0 % within 0.1. Raises ValueError for ``within`` of 0 or below.
    """
    if not within > 0:
        raise ValueError(f"within is {within}; it counts standard deviations, so it must be above 0")
    return {name: (w.abs() < within * w.std(1, keepdim=True)).double().mean(1)
            for name, w in _flat(stack).items()}


def concentration(stack: Stack):
    """How far each layer's weights are from a Gaussian: a pandas data frame, a row a layer and replicate.

    Columns: layer, kind, replicate, weights (how many), sd, near zero (the share below a tenth of the
    layer's standard deviation: 0.080 for a Gaussian), kurtosis (the mean fourth power in standard
    deviations: 3 for a Gaussian; more where a few are very large), zeros (the share of exact zeros),
    largest (the size of the largest, in standard deviations). Layer by layer, so that a large model
    needs no second copy of its weights. Lesson 10.
    """
    import pandas

    check_stack(stack)
    rows = []
    for name, kind in prunable(stack.net).items():
        for replicate, values in enumerate(stack.parameters[name].detach().flatten(1)):
            w = values.cpu().double()
            sd, z = w.std(), (w - w.mean()) / w.std()
            rows.append({"layer": layer_name(name), "kind": kind, "replicate": replicate,
                         "weights": w.numel(), "sd": sd.item(),
                         "near zero": (w.abs() < 0.1 * sd).double().mean().item(),
                         "kurtosis": z.pow(4).mean().item(), "zeros": (w == 0).double().mean().item(),
                         "largest": (w.abs().max() / sd).item()})
    return pandas.DataFrame(rows)


def correlation(initial: Stack, final: Stack) -> ByLayer:
    """Pearson correlation of each weight's initial with its final value: layer -> [R]."""
    start = _flat(initial)
    return {name: _correlation(start[name], w) for name, w in _flat(final).items()}


def sign_flips(initial: Stack, final: Stack) -> ByLayer:
    """Share of weights whose sign training turned: fractions, layer -> [R]."""
    start = _flat(initial)
    return {name: (start[name] * w < 0).double().mean(1) for name, w in _flat(final).items()}


def relative_movement(initial: Stack, final: Stack) -> ByLayer:
    """How far the weights of each layer moved in training, as a share of how large they were: the length
    of the way from start to end by the length of the start, both Euclidean: layer -> [R].

    0: nothing moved; 1: as far as the start is from zero. Raises ValueError if a layer starts at zero.
    Chizat, Oyallon & Bach 2019 tell by it lazy training from the learning of features. Lesson 08.
    """
    start, found = _flat(initial), {}
    for name, w in _flat(final).items():
        size = start[name].norm(dim=1)
        if not size.all():
            raise ValueError(f"all weights of {name!r} are 0 at the start, so how far they moved cannot "
                             "be measured by how large they were; give the networks as they were drawn")
        found[name] = (w - start[name]).norm(dim=1) / size
    return found


def distance_moved(initial: Stack, final: Stack, masks: Masks) -> dict[str, ByLayer]:
    """Mean absolute change during training, of the weights that a mask keeps and of the others.

    masks: usually the magnitude masks of the trained net. Gives ``{"kept": layer -> [R],
    "pruned": layer -> [R]}`` in units of the weights; nan where a layer has none.
    Raises ValueError for masks of another net. Zhou et al. 2019, section 3, look at the same.
    """
    check_masks(final, masks)
    start, kept = _flat(initial), _pooled({n: m.flatten(1).cpu() for n, m in masks.items()})
    moved = {name: (w - start[name]).abs() for name, w in _flat(final).items()}
    return {"kept": {n: _mean_where(moved[n], kept[n]) for n in moved},
            "pruned": {n: _mean_where(moved[n], ~kept[n]) for n in moved}}


def table(measures: dict[str, ByLayer], scale: float = 1.0, digits: int = 2):
    """A pandas data frame of such measurements: a row a layer, a column a measurement, and in each
    cell ``≈ mean ± standard deviation`` over replicates, multiplied by ``scale``."""
    import pandas

    return pandas.DataFrame({title: {layer: measured(values * scale, digits=digits)
                                     for layer, values in by_layer.items()}
                             for title, by_layer in measures.items()})


def _flat(stack: Stack) -> ByLayer:
    """Weights as [R, n] in float64 on the CPU (MPS has none), by layer and pooled."""
    check_stack(stack)
    return _pooled({name: stack.parameters[name].detach().flatten(1).cpu().double()
                    for name in prunable(stack.net)})


def _pooled(flat: dict[str, Tensor]) -> dict[str, Tensor]:
    by_layer = {layer_name(name): values for name, values in flat.items()}
    return by_layer | {ALL: torch.cat(list(flat.values()), dim=1)}


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    return (a * b).sum(1) / (a.square().sum(1) * b.square().sum(1)).sqrt()


def _mean_where(values: Tensor, chosen: Tensor) -> Tensor:
    return (values * chosen).sum(1) / chosen.sum(1)
