"""Whether what a score function gives can rank weights: its names, shapes and kinds.

A score is often a function of one's own, and a wrong one would end in torch's errors from deep
inside a cut, or rank the wrong weights in silence. ``ticketlab.pruning.cut`` builds on this file;
lesson 03 through it.
"""

import difflib
from collections.abc import Mapping, Sequence

from torch import Tensor

from ticketlab.pruning.masks import Masks, layer_name


def check_scores(scores: dict[str, Tensor], masks: Masks, pool: Sequence[str]) -> None:
    """Raises ValueError, or TypeError for what is no dictionary of tensors, unless each weight of
    ``pool`` has floating and finite scores, one for each place of its mask, on the mask's device.

    masks: of all prunable weights. What is not in the pool may be left out, and scores of what is not
    prunable, such as biases, are not looked at.
    """
    if not isinstance(scores, Mapping):
        raise TypeError(f"the score function gave a {type(scores).__name__}; it must give a dictionary, "
                        f"name -> tensor [R, ...], with the names {list(masks)}")
    for name in pool:
        layer, mask = layer_name(name), masks[name]
        if name not in scores:
            close = difflib.get_close_matches(name, map(str, scores), n=1, cutoff=0.5)
            raise ValueError(f"the score function gave nothing for layer {layer!r}"
                             f"{f' (it gave {close[0]!r})' if close else ''}, and every layer that is "
                             f"pruned needs a score; add {name!r} to the dictionary, or leave the "
                             "layer alone with a rate of 0")
        own = scores[name]
        if not isinstance(own, Tensor):
            raise TypeError(f"the score of layer {layer!r} is a {type(own).__name__}; it must be a torch "
                            f"tensor {tuple(mask.shape)}: torch.as_tensor makes one of numbers")
        if own.shape != mask.shape:
            raise ValueError(f"the score of layer {layer!r} has shape {tuple(own.shape)}; it must have "
                             f"{tuple(mask.shape)}, one number for each weight of each replicate "
                             "(replicates first)")
        if not own.is_floating_point():
            raise ValueError(f"the score of layer {layer!r} is {own.dtype}; it must be of a floating "
                             "type, such as torch.float32: write .float()")
        if own.device != mask.device:
            raise ValueError(f"the score of layer {layer!r} is on {own.device} and the masks are on "
                             f"{mask.device}; move it there with .to({str(mask.device)!r})")
        finite = own.isfinite()
        if not finite.all():
            raise ValueError(f"the score of {layer!r} has values that are not finite, such as "
                             f"{own[~finite][0].item()}; a score must order all weights: "
                             "torch.nan_to_num replaces them")
