"""Healing: a cut language model is trained a little, under its mask.

What lesson 05 calls fine-tuning, for a model that fits into memory once: in place, and undone
afterwards. Lesson 10 builds on this file.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ticketlab.basics import progress_bar
from ticketlab.language.cutting import cut
from ticketlab.pruning import Masks
from ticketlab.stack import Stack


def heal(dense: Stack, masks: Masks, texts: Tensor, measure: Callable, *, at: Sequence[int] = (0,),
         lr: float = 3e-5, progress=True) -> dict:
    """Train the net under masks, a step a text, and measure it on the way: step -> what was measured.

    dense: `LanguageModel.stack`. masks: of any of its weights; a pruned weight stays 0. texts: int64
    [steps, T], each read once, in this order. measure: a function of the net, called after the steps
    ``at`` (0 is before the first). lr: of Adam. Embeddings are held; all else is trained. Afterwards
    the net is dense and untrained again. Memory: gradients and Adam's moments are three more copies of
    the weights. Raises ValueError for texts and steps that do not fit. Lesson 10.
    """
    if texts.dim() != 2 or texts.shape[1] < 2:
        raise ValueError(f"texts is {tuple(texts.shape)}; it must be [steps, T], T of at least 2 tokens")
    if not all(0 <= step <= len(texts) for step in at):
        raise ValueError(f"at is {list(at)}; there are {len(texts)} texts, a step each: give steps from "
                         f"0 to {len(texts)}")
    net, found = dense.net, {}
    saved = {name: p.detach().clone() for name, p in net.named_parameters()
             if name not in masks and name != "embed_tokens.weight"}
    try:
        with cut(dense, masks), progress_bar(progress, len(texts), "healing", "step") as bar:
            net.embed_tokens.requires_grad_(False)
            adam = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=lr)
            for step in range(len(texts) + 1):
                if step in at:
                    found[step] = measure(net)
                if step < max(at, default=0):
                    _step(net, adam, texts[step].to(dense.device), masks)
                    bar.update()
    finally:
        net.zero_grad()
        net.embed_tokens.requires_grad_(True)
        with torch.no_grad():
            for name, values in saved.items():
                net.get_parameter(name).copy_(values)
    return found


def _step(net, adam, tokens: Tensor, masks: Masks) -> None:
    adam.zero_grad()
    F.cross_entropy(net(tokens[None, :-1])[0], tokens[1:]).backward()
    adam.step()
    with torch.no_grad():
        for name, mask in masks.items():
            net.get_parameter(name).mul_(mask[0])
