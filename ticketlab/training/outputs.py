"""What a net must give to be trained here, checked on two examples before training starts.

Otherwise a single logit or a map of scores ends in an error of ``cross_entropy``, or in numbers that
look like results. ``training.train`` calls it, and lessons' readers with nets of their own meet it.
"""

import copy
from dataclasses import replace

import torch
from torch import Tensor, nn

from ticketlab.stack import Stack, forward


def check_outputs(stack: Stack, data) -> None:
    """Raises ValueError, with a wrapper that cures it, unless the nets of ``stack`` give a tensor of
    scores [N, outputs] ([N, T, outputs] for text), with at least as many outputs as classes, and the same
    scores when called again: what it draws at random, a seed of torch must decide.

    One network sees two training examples, without gradients; net, values and torch's random state stay
    as they are. Nothing is run where the last layer tells.
    """
    if _last_layer_tells(stack, data):
        return
    x, y = data.x_train[:2], data.y_train[:2]
    try:
        outputs = _outputs(stack, x)
        for training in () if stack.runs_as_one else (False, True):
            _check_repeated(stack, x, training)
    except RuntimeError:  # of two examples a net may not be made: training says what does not fit
        return
    if outputs.shape[:-1] == y.shape and outputs.shape[-1] >= data.classes:
        return
    what, wrapper = _cure(outputs, y, data.classes)
    wanted = ("[N, T, characters]" if y.dim() == 2 else "[N, classes]", [*y.shape, data.classes])
    raise ValueError(
        f"forward of {type(stack.net).__name__} gives a tensor {list(outputs.shape)} for {len(x)} "
        f"examples, {what}; {wanted[0]} is expected, here {wanted[1]}. {wrapper}")


def _outputs(stack: Stack, x: Tensor, training: bool = False) -> Tensor:
    """Of the first network, [N, outputs]."""
    held = [*stack.net.parameters(), *stack.net.buffers()]
    # what forward writes into the modules it writes into a copy; of the values none is needed there
    net = copy.deepcopy(stack.net, {id(tensor): tensor for tensor in held})
    with torch.no_grad():
        return forward(replace(stack[0:1].clone(), net=net), x, shared=True, training=training)[0]


def _check_repeated(stack: Stack, x: Tensor, training: bool) -> None:
    try:
        one, other = (_outputs(stack, x, training) for _ in range(2))
    except ValueError:  # batch normalisation wants more than two examples
        return
    # not equal: some devices add in another order each time
    if one.shape == other.shape and torch.allclose(one, other, 1e-3, 1e-5, equal_nan=True):
        return
    raise ValueError(
        f"forward of {type(stack.net).__name__} gives other scores when the same examples come again with"
        f" the same seed of torch{' in training' * training}, so that no run could be repeated: "
        "let it draw with torch (torch.rand, torch.randn, nn.Dropout), not with numpy.random or random")


def _last_layer_tells(stack: Stack, data) -> bool:
    """Whether the shape of the outputs is known without running anything: layers in a row, the last
    one linear with enough outputs, and before it nothing but one dimension an example or character."""
    if not stack.runs_as_one:
        return False
    layers = [module for module in stack.net.modules() if not any(module.children())]
    if not isinstance(layers[-1], nn.Linear) or layers[-1].out_features < data.classes:
        return False
    kinds = [type(layer) for layer in layers]
    if nn.Flatten in kinds:
        last = len(kinds) - kinds[::-1].index(nn.Flatten)
        return data.y_train.dim() == 1 and nn.Unflatten not in kinds[last:]
    return data.x_train.dim() == 2 and nn.Unflatten not in kinds


def _cure(outputs: Tensor, y: Tensor, classes: int) -> tuple[str, str]:
    """What is wrong with the outputs, and how to wrap the net."""
    shape, text = tuple(outputs.shape), y.dim() == 2
    if not text and classes == 2 and shape in ((len(y),), (len(y), 1)):
        return "one logit each", _wrapped(
            "a score of 0 for class 0 makes the same probabilities of it", "logit = ",
            ".reshape(len(x), 1)",
            "        return torch.cat([torch.zeros_like(logit), logit], 1)")
    if shape[:-1] == y.shape:
        return (f"which is {shape[-1]} outputs for {classes} classes",
                f"Give its last layer {classes} outputs, or add a layer:\n"
                f"net = nn.Sequential(net, nn.Linear({shape[-1]}, {classes}))")
    if text and shape[0] == len(y) * y.shape[1] and len(shape) == 2:
        return "with texts and characters in one dimension", _wrapped(
            "part them", "return ", ".unflatten(0, x.shape)")
    if text and shape[:1] + shape[2:] == y.shape and shape[1] >= classes:
        return "with the scores before the characters", _wrapped(
            "turn them", "return ", ".transpose(1, 2)")
    if text and shape[:2] == (y.shape[1], len(y)) and len(shape) == 3:
        return "with the characters before the texts", _wrapped(
            "turn them", "return ", ".transpose(0, 1)")
    if not text and len(shape) > 2 and shape[0] == len(y):
        if shape[1] >= classes or shape[-1] < classes:
            return "which is scores of many places", _wrapped(
                "take their mean", "return ", ".flatten(2).mean(2)")
        return "which is scores of many places", _wrapped(
            "take those of the last one", "return ", ".flatten(1, -2)[:, -1]")
    return "which is another shape", "Wrap the net in one whose forward(x) reshapes them"


def _wrapped(how: str, begin: str, end: str, then: str = "") -> str:
    return (f"Wrap the net ({how}):\nclass Scores(nn.Sequential):\n    def forward(self, x):\n"
            f"        {begin}super().forward(x){end}\n{then}{chr(10) * bool(then)}net = Scores(net)")
