"""Shares by hand, and images that are those of the conflict."""

import numpy as np
import pytest

from ticketlab.data import textures
from ticketlab.panels.cues.table import CueTable


def test_shares_are_of_all_images_and_replicates(conflict, choices):
    table = CueTable(conflict, choices)
    assert table.curves["a <net>"].tolist() == [[1, 0, 0], [0.5, 0.5, 0], pytest.approx([0, 59 / 60, 1 / 60])]
    now = table.read(2, 0)
    assert now.mixture == 1 and now.here == {"a <net>": (0, 1, 1), "other": (0, 1, 0)}
    assert now.shape == textures.SHAPES[conflict.shapes[0]]
    assert now.texture == textures.TEXTURES[conflict.textures[0]]


def test_pictures_are_grey_and_in_the_order_of_the_images(conflict, choices):
    pictures = CueTable(conflict, choices).pictures
    assert pictures.shape == (3, 24, 20, 20, 3) and pictures.dtype == np.uint8
    assert (pictures[..., 0] == pictures[..., 2]).all()
    one = np.corrcoef(pictures[1, 5, ..., 0].ravel(), conflict.images[1, 5, 0].numpy().ravel())[0, 1]
    assert one > 0.98


def test_choices_of_other_images_are_refused(conflict, choices):
    with pytest.raises(ValueError, match=r"'other' have the shape .* need \(3, replicates, 30\)"):
        CueTable(conflict, {"other": choices["other"][:2]})
    with pytest.raises(ValueError, match="choices is empty"):
        CueTable(conflict, {})
