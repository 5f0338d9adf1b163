"""Which weights go, where they compete, how many, and how the cut is held.

masks: which weights are kept; densities, and the words for them
torch_masks: from and to torch.nn.utils.prune
cut: scores, scopes, the cut itself with its rule for ties, ladders of rates
score_checks: whether what a score function gives can rank weights
Lessons 03-06 build on it.
"""

from ticketlab.pruning import masks
from ticketlab.pruning.cut import (
    SCOPES,
    LayerCollapse,
    Score,
    Scores,
    Share,
    by_layer,
    ladder,
    magnitude,
    movement,
    prune,
    random,
    rate_for,
    removal_ranks,
    saliency,
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
from ticketlab.pruning.torch_masks import from_torch, to_torch

__all__ = ["LayerCollapse", "Masks", "SCOPES", "Score", "Scores", "Share", "apply_masks",
           "by_layer", "check_masks", "concatenate", "dense", "density", "describe", "from_torch",
           "ladder", "layer_densities", "layer_name", "magnitude", "masks", "movement", "prunable",
           "prune", "random", "rate_for", "removal_ranks", "saliency", "survivors", "to_torch"]
