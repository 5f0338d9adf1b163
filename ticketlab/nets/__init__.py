"""The networks of the course: plain ``torch.nn`` modules.

simple: multilayer perceptrons, the 1-D CNN, how they are initialised, which modules can be
    pruned (lessons 01-05)
images: Conv-2/4/6, ResNet-20, VGG-16, wide ResNets (lesson 05)
text: a small transformer in the manner of GPT-2 (lesson 06)
description: what a network or a function does, as one digest; what is kept on disk is found by it
"""

from ticketlab.nets.description import Description, cure, describe
from ticketlab.nets.images import Residual, conv, resnet20, vgg16, wide_resnet
from ticketlab.nets.simple import Task, conv1d, count, glorot_normal, kinds, mlp, torch_default
from ticketlab.nets.text import (
    AttentionLinear,
    CausalAttention,
    CharacterEmbedding,
    MLPLinear,
    Unembedding,
    gpt,
    gpt2_normal,
)

__all__ = ["AttentionLinear", "CausalAttention", "CharacterEmbedding", "Description", "MLPLinear",
           "Residual", "Task", "Unembedding", "conv", "conv1d", "count", "cure", "describe",
           "glorot_normal", "gpt", "gpt2_normal", "kinds", "mlp", "resnet20", "torch_default", "vgg16",
           "wide_resnet"]
