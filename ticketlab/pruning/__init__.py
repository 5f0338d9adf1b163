"""Which weights go, where they compete, how many, and how the cut is held.

masks: which weights are kept; densities, and the words for them
torch_masks: from and to torch.nn.utils.prune
scores, score_checks: what says which weights matter, and whether it can rank them
cut: scopes, the cut itself with its rule for ties, ladders of rates
selection: the highest of each row, n of every m weights
activations: what goes into the layers, and Wanda's score
reconstruction: SparseGPT, whose surviving weights make up for the others
supermasks: which weights of a random network are used, by scores that are trained
Lessons 03-06, 08 and 10 build on it.
"""

from ticketlab.pruning import masks, supermasks
from ticketlab.pruning.activations import (
    gather,
    input_norms,
    input_products,
    listening,
    wanda,
)
from ticketlab.pruning.cut import (
    SCOPES,
    LayerCollapse,
    Share,
    by_layer,
    ladder,
    prune,
    rate_for,
    removal_ranks,
)
from ticketlab.pruning.masks import (
    Masks,
    apply_masks,
    check_masks,
    concatenate,
    dense,
    density,
    describe,
    layer_densities,
    layer_name,
    prunable,
    survivors,
)
from ticketlab.pruning.reconstruction import output_error, reconstruct, sparse_gpt
from ticketlab.pruning.scores import Score, Scores, layerwise, magnitude, movement, random, saliency
from ticketlab.pruning.selection import highest, n_of_m
from ticketlab.pruning.torch_masks import from_torch, to_torch

__all__ = ["LayerCollapse", "Masks", "SCOPES", "Score", "Scores", "Share", "apply_masks",
           "by_layer", "check_masks", "concatenate", "dense", "density", "describe", "from_torch",
           "gather", "highest", "input_norms", "input_products", "ladder", "layer_densities",
           "layer_name", "layerwise", "listening", "magnitude", "masks", "movement", "n_of_m",
           "output_error", "prunable", "prune", "random", "rate_for", "reconstruct",
           "removal_ranks", "saliency", "sparse_gpt", "supermasks", "survivors", "to_torch",
           "wanda"]
