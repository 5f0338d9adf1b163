"""Resetting one layer of a trained network, all the way to its start or part of it.

A layer whose reset costs nothing could as well have stayed random. Zhang, Bengio & Singer 2022 (Are All
Layers Created Equal?, arXiv 1902.01996). Lesson 08 builds on this file.
"""

from collections.abc import Sequence
from dataclasses import replace

from ticketlab.basics import progress_bar
from ticketlab.landscape.lines import check_pair, interpolate, recompute_norms
from ticketlab.nets import kinds, selected
from ticketlab.stack import Stack
from ticketlab.training import evaluate


def reset(trained: Stack, initial: Stack, layers: str | Sequence[str], share: float = 1.0) -> Stack:
    """The trained networks with some parameters moved back towards their start.

    layers: which, by the names and kinds of ``nets.selected``. share: of the straight way back, 1 for
    the initial values, to the bit. All else, running statistics included, stays as trained: after a
    reset in a net with batch normalisation measure them anew (``recompute_norms``).
    Raises ValueError for stacks that do not fit, for a layer that the net has not, with the nearest
    name, and for a share outside 0 to 1. Zhang, Bengio & Singer 2022, section 3. Lesson 08 builds on it.
    """
    check_pair(trained, initial)
    chosen = selected(trained.net, layers)
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; it is the share of the way back to the start, from 0 (as "
                         "trained) to 1 (as drawn)")
    back = interpolate(trained, initial, share).parameters
    return replace(trained, parameters={name: back[name] if name in chosen else values
                                        for name, values in trained.parameters.items()})


def resets(trained: Stack, initial: Stack, data, *, layers: Sequence[str] | None = None,
           shares: Sequence[float] = (0, 0.2, 0.4, 0.6, 0.8, 1), progress=True):
    """Test accuracy after resetting one layer at a time: a pandas data frame, a row a layer, share and
    replicate, with the columns ``layer``, ``share``, ``replicate`` and ``accuracy`` (a fraction).

    layers: by default all with a matrix or kernels, input to output. shares: of the way back, as in
    ``reset``. Statistics of batch normalisation are measured anew for every network. Raises ValueError
    as ``reset`` does, and for no shares. Zhang, Bengio & Singer 2022. Lesson 08 builds on it.
    """
    import pandas

    layers = list(kinds(trained.net)) if layers is None else list(layers)
    if not layers or not len(shares):
        raise ValueError(f"there are {len(layers)} layers and {len(shares)} shares; give at least one of "
                         "each")
    rows = []
    with progress_bar(progress, len(layers) * len(shares), "resets") as bar:
        for layer in layers:
            for share in shares:
                nets = recompute_norms(reset(trained, initial, layer, share), data)
                accuracies = evaluate(nets, data.x_test, data.y_test)[1].tolist()
                rows += [{"layer": layer, "share": float(share), "replicate": number, "accuracy": value}
                         for number, value in enumerate(accuracies)]
                bar.update(1)
    return pandas.DataFrame(rows)
