"""The table of the descent panel: the numbers of what was measured, looked up."""

import numpy as np
import pytest
import torch

from tests.panels.made import NOISES, SIZES
from tests.scaling.test_double_descent import RECIPE, make_data
from ticketlab.panels import descent_panel
from ticketlab.panels.descent.table import POINTS
from ticketlab.scaling import curves, threshold
from ticketlab.scaling.double_descent import sweep


def test_the_errors_are_those_of_the_table(panel, found):
    for noise in NOISES:
        for width in SIZES:
            panel.noise, panel.width, panel.replicate = noise, width, 1
            now = panel.state()
            test = curves(found.table, noise, "test_error").loc[width]
            train = curves(found.table, noise, "train_error").loc[width]
            assert (now.width, now.noise) == (width, noise)
            assert (now.test, now.train) == pytest.approx((test.mean(), train.mean()))
            assert (now.lowest, now.highest) == (test.min(), test.max())
            assert (now.own_test, now.own_train) == (test[1], train[1])
            limit = threshold(found.table, noise)
            assert now.fits == (limit is not None and width >= limit)
            assert f"test error <b>{100 * test.mean():.1f} %</b>" in panel.numbers.value
            assert f"training error <b>{100 * train.mean():.1f} %</b>" in panel.numbers.value
            assert f"replicate 1: {100 * test[1]:.1f}" in panel.numbers.value
    assert {panel._table.read(0.2, width, 0, 0).fits for width in SIZES} == {False, True}


def test_each_way_goes_through_a_wrong_label_between_two_right_ones_of_its_class(panel, found):
    """The two nearest, so that a smooth function would answer the same class all the way."""
    clean, noisy = found.data[0], found.data[0.2]
    wrong = (clean.y_train != noisy.y_train).nonzero()[:, 0].tolist()
    assert len(panel._table.ways) == 5
    for place, way in zip(wrong, panel._table.ways, strict=False):
        assert torch.equal(way.signals[1], clean.x_train[place])
        assert (way.right, way.wrong) == (clean.y_train[place], noisy.y_train[place])
        right = [each for each in range(60) if each not in wrong
                 and clean.y_train[each] == way.right]
        nearest = sorted(right, key=lambda each: (clean.x_train[each] - way.signals[1]).norm())
        for end, each in zip((0, 2), nearest, strict=False):
            assert torch.equal(way.signals[end], clean.x_train[each])


def test_the_answers_are_those_of_the_network_itself(panel, found):
    """Asked point by point, of the replicate and way that the controls name."""
    panel.width, panel.noise, panel.replicate, panel.signal = 6, 0.2, 1, 3
    way, net = panel._table.ways[3], found.stacks[0.2, 6].module(1)
    own, now = panel._table.answers[0.2, 6, 1, 3], panel.state()
    half, said = POINTS // 2, []
    for place in range(POINTS):
        a, b, share = ((way.signals[0], way.signals[1], place / half) if place <= half else
                       (way.signals[1], way.signals[2], place / half - 1))
        with torch.no_grad():
            p = net((a + share * (b - a))[None])[0].softmax(0)
        assert (own.right[place], own.wrong[place]) == pytest.approx(
            (p[way.right].item(), p[way.wrong].item()), abs=1e-5)
        said.append(p.argmax().item())
    assert own.said == said and now.said == said[half]
    assert now.changes == sum(a != b for a, b in zip(said, said[1:], strict=False))
    assert now.share_right == said.count(way.right) / POINTS
    assert (now.p_right, now.p_wrong) == (own.right[half], own.wrong[half])
    everyone = [panel._table.answers[0.2, 6, r, n].changes for r in range(2) for n in range(5)]
    assert now.mean_changes == pytest.approx(np.mean(everyone))


def test_a_network_that_fits_all_labels_answers_as_it_was_taught(panel):
    """With wrong labels the wrong one, with right ones the right one, at the same signal."""
    panel.width = 24
    for noise, which in ((0, "right"), (0.2, "wrong")):
        panel.noise = noise
        now = panel.state()
        assert now.own_train == 0, "the sweep must be long enough for this test"
        assert now.said == getattr(now, which)
        assert ("wrong label" in panel.numbers.value) == (noise > 0)


def test_a_sweep_without_wrong_labels_or_of_other_widths_is_refused(found):
    with pytest.raises(ValueError, match="no label of this sweep is wrong"):
        descent_panel(found._replace(data={0: found.data[0]}))
    with pytest.raises(ValueError, match="the table has the widths \\[2, 6\\]"):
        descent_panel(found._replace(table=found.table[found.table["width"] < 24]))


def test_images_are_refused():
    data = make_data()
    images = type(data)(**{name: value for name, value in vars(data).items()
                           if not name.startswith(("_", "x_", "shape"))},
                        **{f"x_{split}": getattr(data, f"x_{split}").view(-1, 3, 4)
                           for split in ("train", "val", "test")}, shape=(3, 4))
    found = sweep(images, [2], RECIPE.with_(steps=20), noises=(0, 0.2), replicates=1, layers=1,
                  progress=False)
    with pytest.raises(ValueError, match=r"shape \(3, 4\); this panel draws signals"):
        descent_panel(found)
