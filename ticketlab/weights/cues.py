"""What a trained net follows where an image's shape and texture contradict one another.

Geirhos et al. 2019 call the share of shape among the decisions for either cue the shape bias.
Lesson 09 builds on this file.
"""

import torch
from torch import Tensor

from ticketlab.data import textures
from ticketlab.stack import Stack, check_stack, forward

SHAPE, TEXTURE, OTHER = 0, 1, 2


def followed(stack: Stack, conflict: textures.CueConflict) -> Tensor:
    """What every network follows in every image at every mixture: int8 [M, R, N], 0 the class of the
    shape, 1 that of the texture, 2 another class.

    conflict: what ``data.textures.cue_conflict`` makes. Raises ValueError for networks that do not
    tell its classes apart. Lesson 09 builds on it.
    """
    check_stack(stack)
    found = []
    with torch.no_grad():
        for images in conflict.images:
            scores = forward(stack, images.to(stack.device), shared=True)
            if scores.shape[-1] != conflict.data.classes:
                raise ValueError(f"the networks tell {scores.shape[-1]} classes apart, the images have "
                                 f"{conflict.data.classes}; give networks trained on conflict.data")
            answer = scores.argmax(-1).cpu()
            found.append(torch.where(answer == conflict.shapes, SHAPE,
                                     torch.where(answer == conflict.textures, TEXTURE, OTHER)))
    return torch.stack(found).to(torch.int8)


def shape_bias(choices: Tensor) -> Tensor:
    """Of the decisions for one of the two cues, the share for the shape: [M, R], 0 to 1.

    choices: what ``followed`` gives. nan where no decision was for either. Geirhos et al. 2019,
    section 3. Lesson 09 builds on it.
    """
    shape, texture = ((choices == cue).double().sum(-1) for cue in (SHAPE, TEXTURE))
    return shape / (shape + texture)
