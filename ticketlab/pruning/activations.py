"""What goes into the layers: the sizes of their inputs, and the score that needs them.

A weight matters by what it is multiplied with. Wanda's score is its magnitude times the size of its
input over some calibration examples; nothing is trained and no gradient is taken. Lesson 10 builds
on this file.
"""

from collections.abc import Callable
from contextlib import ExitStack, contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from ticketlab.basics import whole_from
from ticketlab.pruning.masks import layer_name, prunable
from ticketlab.stack import Stack, check_stack


def wanda(inputs) -> Callable[[Stack], dict[str, Tensor]]:
    """A score: abs(w) times the Euclidean norm of the weight's input over ``inputs``.

    inputs: calibration examples [N, ...] that all networks read, for a language model tokens [N, T];
    or a ``Data``, whose training split is taken (at most 500 examples). All of them are read at once.
    Meant to be compared by output row (``prune(..., scope="row")``), where it estimates by how much
    a row's outputs change. Where all inputs of a layer are of one size it is magnitude.
    Raises ValueError for no examples, and for a layer that ``forward`` leaves out.
    Sun, Liu, Bair & Kolter 2024 (Wanda), section 3. Lesson 10.
    """
    examples = _examples(inputs)

    def score(stack: Stack) -> dict[str, Tensor]:
        sizes = input_norms(stack, examples)
        weights = {name: stack.parameters[name].detach() for name in sizes}
        return {name: w.abs() * sizes[name].unflatten(1, w.shape[2:]).unsqueeze(1)
                for name, w in weights.items()}

    return score


def input_norms(stack: Stack, inputs: Tensor, batch: int | None = None) -> dict[str, Tensor]:
    """The Euclidean norm of what each weight of a row is multiplied with, over all examples (and, for
    a kernel or a text, over all places): name -> float32 [R, inputs of a row], in the order of the
    row's weights. batch: how many examples are read at a time, by default all. Raises ValueError as
    `wanda` does. Lesson 10."""
    def add(total, x):
        return x.square().sum(0) + (0 if total is None else total)
    return {name: total.sqrt() for name, total in gather(stack, inputs, add, batch=batch).items()}


def input_products(stack: Stack, inputs: Tensor, names=None) -> dict[str, Tensor]:
    """The products of the inputs of a row with one another, summed over all examples (X'X): name ->
    float32 [R, inputs, inputs], of ``names`` or of all prunable weights. Raises ValueError as `wanda`
    does. Lesson 10, for SparseGPT."""
    def add(total, x):
        return x.T @ x + (0 if total is None else total)
    return gather(stack, inputs, add, names)


def gather(stack: Stack, inputs: Tensor, add: Callable, names=None, batch: int | None = None
           ) -> dict[str, Tensor]:
    """Read ``inputs`` with every network, and reduce what each layer is given: name -> [R, ...].

    add: (what there is so far or None, [rows, inputs of a row]) -> what there is now. batch: how many
    examples are read at a time.
    """
    check_stack(stack)
    batch = batch if batch is None else whole_from("batch", batch, 1)
    inputs = _examples(inputs).to(stack.device)
    names = list(prunable(stack.net)) if names is None else list(names)
    found = {name: [None] * stack.replicates for name in names}
    training = stack.net.training
    try:
        stack.net.eval()
        for replicate in range(stack.replicates):
            own = {name: t[replicate] for name, t in (stack.parameters | stack.buffers).items()}

            def note(name, x, replicate=replicate):
                found[name][replicate] = add(found[name][replicate], x)

            with torch.no_grad(), listening(stack.net, names, note):
                for part in inputs.split(batch or len(inputs)):
                    functional_call(stack.net, own, (part,))
    finally:
        stack.net.train(training)
    for name, each in found.items():
        if each[0] is None:
            raise ValueError(f"nothing went into {layer_name(name)!r}: forward leaves that layer "
                             f"out, and a "
                             "score by activations cannot rank it; give the layer prunable_as = None")
    return {name: torch.stack(each) for name, each in found.items()}


@contextmanager
def listening(net: nn.Module, names, note: Callable[[str, Tensor], None]):
    """While it lasts, ``note(name, [rows, inputs of a row])`` is called with what each layer is given."""
    wanted = {id(net.get_parameter(name)): name for name in names}
    layers = [(layer, wanted[id(layer._parameters.get("weight"))]) for layer in net.modules()
              if id(layer._parameters.get("weight")) in wanted]
    with ExitStack() as hooks:
        for layer, name in layers:
            hooks.enter_context(layer.register_forward_pre_hook(
                lambda module, args, name=name: note(name, rows(module, args[0].detach()))))
        yield


def rows(layer: nn.Module, x: Tensor) -> Tensor:
    """What a layer multiplies its weights with: [rows, inputs of a row], a row an example and place,
    in the order of ``layer.weight.flatten(1)``. Raises ValueError for grouped convolutions."""
    if isinstance(layer, nn.Linear):
        return x.flatten(0, -2)
    if layer.groups != 1 or layer.transposed or not isinstance(layer, nn.Conv1d | nn.Conv2d):
        raise ValueError(f"{layer} is no plain convolution over one or two dimensions: scores by "
                         "activations know no others; give the layer prunable_as = None")
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    x = F.pad(x, layer._reversed_padding_repeated_twice, mode=mode)
    flat = isinstance(layer, nn.Conv1d)
    kernel, stride, dilation = ((1, *each) if flat else each
                                for each in (layer.kernel_size, layer.stride, layer.dilation))
    patches = F.unfold(x.unsqueeze(-2) if flat else x, kernel, dilation, stride=stride)
    return patches.transpose(1, 2).flatten(0, 1)


def _examples(inputs) -> Tensor:
    if not isinstance(inputs, Tensor):
        inputs = inputs.first(min(500, len(inputs.x_train))).x_train
    if inputs.numel() == 0:
        raise ValueError("there are no calibration examples; give at least one (128 are usual)")
    return inputs
