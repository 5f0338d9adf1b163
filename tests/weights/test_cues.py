"""Which cue a net follows, on nets whose answers are known."""

import math

import pytest
import torch

from ticketlab import nets, stack
from ticketlab.data import textures
from ticketlab.weights import cues


@pytest.fixture(scope="module")
def conflict():
    return textures.cue_conflict(conflicts=40, mixtures=(0.2, 0.8))


def always(classes, conflict):
    """A net that gives one answer, whatever it sees."""
    made = stack.draw(nets.mlp(conflict.data, ()), range(len(classes)))
    made.parameters["output.weight"].zero_()
    for replicate, answer in enumerate(classes):
        made.parameters["output.bias"][replicate] = torch.eye(4)[answer]
    return made


def test_choices_are_those_of_shape_texture_or_neither(conflict):
    choices = cues.followed(always([0, 2], conflict), conflict)
    assert choices.shape == (2, 2, 40) and choices.dtype == torch.int8
    for replicate, answer in enumerate([0, 2]):
        wanted = [cues.SHAPE if shape == answer else cues.TEXTURE if texture == answer else cues.OTHER
                  for shape, texture in zip(conflict.shapes, conflict.textures, strict=True)]
        assert choices[0, replicate].tolist() == wanted


def test_the_bias_counts_decisions_for_one_of_the_two_only():
    choices = torch.tensor([[[0, 0, 0, 1, 2, 2]], [[2] * 6]])
    bias = cues.shape_bias(choices)
    assert bias[0].tolist() == [0.75] and math.isnan(bias[1, 0])


def test_networks_of_other_classes_are_refused(conflict):
    other = stack.draw(nets.mlp(nets.Task((1, 20, 20), 3), ()), [0])
    with pytest.raises(ValueError, match="3 classes apart, the images have 4"):
        cues.followed(other, conflict)
