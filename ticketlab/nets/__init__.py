"""The networks of the course: plain ``torch.nn`` modules.

simple: multilayer perceptrons, the 1-D CNN (lessons 01-05)
images: Conv-2/4/6, ResNet-20, VGG-16, wide ResNets (lesson 05)
text: a small transformer in the manner of GPT-2 (lesson 06)
initialisers: how values are drawn
parameters: of any net, what can be pruned, what is tied or frozen, what cannot be stacked
selecting: which parameters a name or a kind means (lesson 08)
description: what a network or a function does, as one digest, by which kept runs are found;
    bytecode: what of it is code; state: what is state, and not derived from it
"""

from ticketlab.nets.description import Description, cure, describe
from ticketlab.nets.images import Residual, conv, resnet20, vgg16, wide_resnet
from ticketlab.nets.initialisers import (
    glorot_normal,
    kaiming_normal,
    signed_constant,
    torch_default,
)
from ticketlab.nets.parameters import (
    check_plain,
    constants,
    count,
    frozen,
    kinds,
    out_of_reach,
    reach,
    weights,
)
from ticketlab.nets.selecting import EVERYTHING, selected
from ticketlab.nets.simple import Task, conv1d, mlp
from ticketlab.nets.text import (
    AttentionLinear,
    CausalAttention,
    CharacterEmbedding,
    MLPLinear,
    Unembedding,
    gpt,
    gpt2_normal,
)

__all__ = ["AttentionLinear", "CausalAttention", "CharacterEmbedding", "Description", "EVERYTHING",
           "MLPLinear", "Residual", "Task", "Unembedding", "check_plain", "constants", "conv", "conv1d",
           "count", "cure", "describe", "frozen", "glorot_normal", "gpt", "gpt2_normal",
           "kaiming_normal", "kinds", "mlp", "out_of_reach", "reach", "resnet20", "selected",
           "signed_constant", "torch_default", "vgg16", "weights", "wide_resnet"]
