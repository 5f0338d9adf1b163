"""How R networks run as one: a rule for each kind of layer.

The activations travel in one of four layouts, and each rule says which it takes and gives:

``shared``    [N, ...]        one batch for all nets (evaluation, before the first weights)
``rows``      [R, N, ...]     linear layers: one batched matrix product; text: [R, N, T, width]
``channels``  [N, R*C, ...]   convolutions: one grouped convolution, batch norm over R*C channels
``lengths``   [R, N, L, C]    1-D convolutions on a CPU (see ``ticketlab.stack.signals``)

Nothing here knows of training or pruning. ``ticketlab.stack.forward`` calls it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ticketlab.nets import (
    AttentionLinear,
    CausalAttention,
    CharacterEmbedding,
    MLPLinear,
    Residual,
    Unembedding,
)
from ticketlab.stack import linear, signals

_ANYWHERE = (nn.ReLU, nn.Identity, nn.Tanh, nn.Sigmoid, nn.GELU, nn.LeakyReLU)
_CONVOLUTIONS = {nn.Conv1d: F.conv1d, nn.Conv2d: F.conv2d}
_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d,
          nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_LINEAR = (nn.Linear, AttentionLinear, MLPLinear, Unembedding)
_FRESH = (*_CONVOLUTIONS, *_NORMS)  # what they give is new, and no view of what they got


def has_rules(net: nn.Module) -> bool:
    """Whether every layer of ``net`` has a rule here, so that R such nets can run as one.

    Exact types only: a subclass may compute something else. The net must be a (nested)
    ``nn.Sequential``, with or without ``Residual`` blocks, since any other module's ``forward``
    could do anything; no two of its layers may share a parameter; and none may have a hook or a
    ``forward`` of its own, which a rule would pass by.
    """
    every = sum(1 for _ in net.named_parameters(remove_duplicate=False))
    return (every == sum(1 for _ in net.parameters()) and _has_rule(net)
            and not hooked(net))


def hooked(net: nn.Module) -> bool:
    """Whether a module of ``net`` has a hook or a ``forward`` of its own: what a rule would pass by, and
    what a trial run would set off."""
    return any("forward" in vars(module) or any(
        value for name, value in vars(module).items() if name.endswith("_hooks"))
        for module in net.modules())


def _has_rule(net: nn.Module) -> bool:
    if type(net) in (nn.Sequential, Residual, CausalAttention):
        return all(_has_rule(layer) for layer in net.children())
    if type(net) in _CONVOLUTIONS:
        return net.padding_mode == "zeros"
    if type(net) in _NORMS:
        return net.track_running_stats and net.momentum is not None and net.affine
    if type(net) is nn.Flatten:
        return (net.start_dim, net.end_dim) == (1, -1)
    if type(net) is nn.Unflatten:
        return net.dim == 1
    if type(net) is nn.LayerNorm:
        return net.elementwise_affine and net.bias is not None
    return type(net) in (*_LINEAR, *_ANYWHERE, *_POOLS, CharacterEmbedding)


def batched_forward(net, parameters, buffers, x: Tensor, replicates: int, shared: bool,
                    training: bool) -> Tensor:
    """Outputs [R, N, classes] of R nets ([R, N, T, classes] for text); arguments as in
    ``ticketlab.stack.forward``."""
    run = _Run(parameters, buffers, replicates, training)
    x, layout = run.layer(net, "", x, "shared" if shared else "rows")
    return run.to_rows(x, layout)


class _Run:
    """One pass through the layers, with what every rule needs at hand."""

    def __init__(self, parameters, buffers, replicates, training):
        self.parameters, self.buffers = parameters, buffers
        self.R, self.training = replicates, training

    def layer(self, module, name, x, layout):
        """Apply one layer; gives the activations and their layout."""
        kind = type(module)
        if kind is nn.Sequential:
            # not named_children(), which leaves out a layer that is used a second time
            return self.chain(module._modules, name, x, layout)
        if kind is Residual:
            return self.residual(module, name, x, layout)
        if kind in _LINEAR:
            return self.linear(name, self.to_rows(x, layout)), "rows"
        if kind in _CONVOLUTIONS:
            return self.convolution(module, name, x, layout)
        if kind in _NORMS:
            return self.batch_norm(module, name, x, layout)
        if kind is nn.LayerNorm:
            return self.layer_norm(module, name, self.to_rows(x, layout)), "rows"
        if kind is CharacterEmbedding:
            return self.embedding(module, name, x, layout), "rows"
        if kind is CausalAttention:
            x = self.to_rows(x, layout)
            parts = [self.linear(f"{name}{part}.", x) for part in ("query", "key", "value")]
            return module.attend(*parts), "rows"
        if kind in _POOLS:
            x, layout = self.to_channels(x, layout)
            return module(x), layout
        if kind is nn.Flatten:
            if layout == "shared":
                return x.flatten(1), layout
            return self.to_rows(x, layout).flatten(2), "rows"
        if kind is nn.Unflatten:
            if layout == "shared":
                return module(x), layout
            return self.to_rows(x, layout).unflatten(2, module.unflattened_size), "rows"
        return module(x), layout

    def linear(self, name, x):
        return linear.chain(x, [self.linear_layer(name)])

    def linear_layer(self, name):
        return linear.Layer(self.parameters[name + "weight"], self.parameters.get(name + "bias"))

    def chain(self, parts, name, x, layout):
        own = False  # whether nobody else holds x, nor will ask for it
        waiting = []  # linear layers, which are computed together
        for child, part in parts.items():
            if type(part) in _LINEAR:
                waiting.append(self.linear_layer(f"{name}{child}."))
                continue
            if waiting:
                if type(part) is nn.ReLU:
                    waiting[-1] = waiting[-1]._replace(relu=True)
                    continue
                x, layout, waiting = linear.chain(self.to_rows(x, layout), waiting), "rows", []
            if own and type(part) is nn.ReLU and not torch.is_grad_enabled():
                x.relu_()  # fresh memory costs an evaluation more than the comparison does
            else:
                x, layout = self.layer(part, f"{name}{child}.", x, layout)
            own = type(part) in _FRESH
        return (linear.chain(self.to_rows(x, layout), waiting), "rows") if waiting else (x, layout)

    def residual(self, module, name, x, layout):
        straight, ours = self.chain(module.body(), name, x, layout)
        short, theirs = self.layer(module.shortcut, name + "shortcut.", x, layout)
        if ours == theirs:
            return module.add(straight, short), ours
        if {"rows", "lengths"} & {ours, theirs}:
            return module.add(self.to_rows(straight, ours), self.to_rows(short, theirs)), "rows"
        # one branch has met weights, and the other is still the same for all nets
        if ours == "shared":
            straight = self.repeat_channels(straight)
        else:
            short = self.repeat_channels(short)
        return module.add(straight, short), "channels"

    def convolution(self, module, name, x, layout):
        bias = self.parameters.get(name + "bias")
        if signals.takes(module, x):
            return signals.convolution(
                self.to_lengths(x, layout), self.parameters[name + "weight"], bias,
                module.stride[0], module.padding[0]), "lengths"
        x, layout = self.to_channels(x, layout)
        # a batch that all nets share needs no copies: R*C outputs of the same inputs
        groups = module.groups if layout == "shared" else self.R * module.groups
        if layout == "shared" and module.groups > 1:
            x, layout, groups = self.repeat_channels(x), "channels", self.R * module.groups
        x = _CONVOLUTIONS[type(module)](
            x, self.parameters[name + "weight"].flatten(0, 1),
            None if bias is None else bias.flatten(),
            module.stride, module.padding, module.dilation, groups)
        return x, "channels"

    def batch_norm(self, module, name, x, layout):
        if self.training:
            self.buffers[name + "num_batches_tracked"] += 1
        if layout == "lengths":
            own = [(self.parameters | self.buffers)[name + part]
                   for part in ("weight", "bias", "running_mean", "running_var")]
            return signals.batch_norm(x, *own, self.training, module.momentum, module.eps), layout
        rows = x.dim() == (2 if layout == "shared" else 3) and layout != "channels"
        if rows:  # around a linear layer: [R, N, C] -> [N, R*C]
            x = self.to_rows(x, layout).transpose(0, 1).flatten(1)
        else:
            x, layout = self.to_channels(x, layout)
            if layout == "shared":
                x, layout = self.repeat_channels(x), "channels"
        x = F.batch_norm(
            x, self.buffers[name + "running_mean"].view(-1),
            self.buffers[name + "running_var"].view(-1),
            self.parameters[name + "weight"].flatten(), self.parameters[name + "bias"].flatten(),
            self.training, module.momentum, module.eps)
        if rows:
            return x.unflatten(1, (self.R, -1)).transpose(0, 1), "rows"
        return x, layout

    def layer_norm(self, module, name, x):
        own = [self.parameters[name + part] for part in ("weight", "bias")]
        # [R, width] -> [R, 1, ..., width], to stand beside [R, N, ..., width]
        between = x.dim() - own[0].dim()
        weight, bias = (each.view(self.R, *[1] * between, *each.shape[1:]) for each in own)
        return torch.addcmul(bias, F.layer_norm(x, module.normalized_shape, eps=module.eps), weight)

    def embedding(self, module, name, x, layout):
        """One look-up in the R tables laid end to end."""
        module.check(x)
        tables, positions = (self.parameters[name + part] for part in ("characters", "positions"))
        first = torch.arange(self.R, device=x.device).view(-1, 1, 1) * tables.shape[1]
        vectors = F.embedding(self.to_rows(x, layout) + first, tables.flatten(0, 1))
        return vectors + positions[:, None, :x.shape[-1]]

    def repeat_channels(self, x):
        return x.repeat(1, self.R, *[1] * (x.dim() - 2))

    def to_rows(self, x, layout):
        if layout == "shared":
            return x.expand(self.R, *x.shape)
        if layout == "channels":
            return x.unflatten(1, (self.R, -1)).transpose(0, 1)
        return signals.turned(x) if layout == "lengths" else x

    def to_channels(self, x, layout):
        """[R, N, C, ...] -> [N, R*C, ...]; a shared batch stays shared."""
        _check_channels(x, layout)
        if layout == "lengths":
            x, layout = self.to_rows(x, layout), "rows"
        if layout == "rows":
            return x.transpose(0, 1).flatten(1, 2), "channels"
        return x, layout

    def to_lengths(self, x, layout):
        """[R, N, C, L] -> [R, N, L, C]; a shared batch is [1, N, L, C]."""
        _check_channels(x, layout)
        if layout == "lengths":
            return x
        return (x[None] if layout == "shared" else self.to_rows(x, layout)).transpose(2, 3)


def _check_channels(x, layout):
    if x.dim() < (4 if layout in ("rows", "lengths") else 3):
        raise ValueError("convolutions, pools and their normalisation need activations "
                         "[N, channels, length, ...]; put an nn.Unflatten before them")
