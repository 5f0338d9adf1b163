"""Cutting a model that fits into memory once: in place, and undone from the saved weights.

Scores always read the saved dense weights (``LanguageModel.stack``): scoring what is pruned already
would rank zeros. Lesson 10 builds on this file.
"""

from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

from ticketlab.basics import progress_bar
from ticketlab.pruning import Masks, check_masks, listening, prunable, sparse_gpt
from ticketlab.stack import Stack

PROMPT = "A neural network learns by"


@contextmanager
def cut(dense: Stack, masks: Masks):
    """While it lasts, the net of ``dense`` computes under the masks; afterwards it is dense again.

    dense: a stack of one, `LanguageModel.stack`. masks: of any of its weights, such as `prune` gives
    for all. Gives the net. Raises ValueError for masks that are not this net's. Lesson 10.
    """
    check_masks(dense, masks)
    # layer by layer: a second copy of all weights would be 0.4 GB
    with _in_place(dense, ((name, dense.parameters[name][0] * mask[0]) for name, mask in masks.items()
                           if not mask.all()), masks):
        yield dense.net


@contextmanager
def with_weights(dense: Stack, weights: dict[str, Tensor]):
    """While it lasts, the net of ``dense`` has other weights, name -> [out, in]. Lesson 10."""
    with _in_place(dense, weights.items(), weights):
        yield dense.net


@contextmanager
def _in_place(dense: Stack, weights, names):
    """weights: (name, values) of each that is put in. names: of those that are put back."""
    try:
        with torch.no_grad():
            for name, values in weights:
                dense.net.get_parameter(name).copy_(values)
        yield
    finally:
        with torch.no_grad():
            for name in names:
                dense.net.get_parameter(name).copy_(dense.parameters[name][0])


def only(dense: Stack, masks: Masks, *, kind: str | None = None, block: int | None = None) -> Masks:
    """The masks, with all but one kind of layer, or all but one block, kept whole: to see what a cut
    of that part alone costs. Raises ValueError for a kind or a block that the net has not. Lesson 10."""
    kinds = prunable(dense.net)
    if kind is not None and kind not in kinds.values():
        raise ValueError(f"kind is {kind!r}; this net has {sorted(set(kinds.values()))}")
    if block is not None and not any(block_of(name) == block for name in kinds):
        raise ValueError(f"block is {block!r}; this net has blocks 0 to {max(map(block_of, kinds))}")
    return {name: mask if kind in (None, kinds[name]) and block in (None, block_of(name))
            else torch.ones_like(mask) for name, mask in masks.items()}


def block_of(name: str) -> int:
    """The number of the block that a weight belongs to."""
    return int(name.split(".")[1])


def residual_stream(net, tokens: Tensor) -> Tensor:
    """What the blocks leave in the residual stream: float32 [blocks, T, width], on the CPU. tokens: one
    text, int64 [T]. Elhage et al. 2021 (A Mathematical Framework for Transformer Circuits) named it so.
    Raises ValueError for more than one text. Lesson 10."""
    if tokens.dim() != 1:
        raise ValueError(f"tokens is {tuple(tokens.shape)}; give one text, [T]")
    seen = []
    with ExitStack() as hooks, torch.no_grad():
        for block in net.layers:
            hooks.enter_context(block.register_forward_hook(
                lambda module, args, x: seen.append(x.detach()[0].float().cpu())))
        net(tokens[None].to(next(net.parameters()).device))
    return torch.stack(seen)


def reconstruct_blocks(dense: Stack, tokens: Tensor, density: float | None = None, *, pattern=None,
                       progress=True) -> dict[str, Tensor]:
    """All linear layers cut by SparseGPT, block by block: name -> new weights [out, in], zeros where cut.

    tokens: calibration texts, int64 [N, T]. A block is made good for what comes out of those before
    it, already cut; its layers for what goes into them. Minutes. density, pattern: as
    `pruning.sparse_gpt` takes them. Frantar & Alistarh 2023, section 3.4. Lesson 10.
    """
    if tokens.numel() == 0:
        raise ValueError("there are no calibration texts; give at least one")
    net, made = dense.net, {}
    names = list(prunable(net))
    with _in_place(dense, (), made), torch.no_grad(), \
            progress_bar(progress, len(net.layers), "SparseGPT", "block") as bar:
        stream = net.embed_tokens(tokens.to(dense.device))
        for number, block in enumerate(net.layers):
            own = [name for name in names if block_of(name) == number]
            products = dict.fromkeys(own, 0)

            def add(name, x, products=products):
                products[name] = products[name] + x.T @ x

            with listening(net, own, add):
                block(stream)
            for name in own:
                made[name], _ = sparse_gpt(net.get_parameter(name), products[name], density,
                                           pattern=pattern)
                net.get_parameter(name).copy_(made[name])
            stream = block(stream)
            bar.update()
    return made


def go_on(net, tokenizer, text: str = PROMPT, count: int = 20) -> str:
    """The most likely next token, ``count`` times over (greedy decoding): the text that was added."""
    tokens = tokenizer.encode(text).to(next(net.parameters()).device)
    start = len(tokens)
    with torch.no_grad():
        for _ in range(count):
            tokens = torch.cat([tokens, net(tokens[None])[0, -1].argmax()[None]])
    return tokenizer.decode(tokens[start:].cpu())
