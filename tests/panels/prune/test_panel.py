"""The prune panel: the masks of ``prune``, and numbers that are exact when it rests. What all panels do is in
``tests/panels/test_panels.py``."""

import asyncio

import pytest

import ticketlab as tl
from tests.panels.made import Noise
from ticketlab import panels, pruning
from ticketlab.panels.prune.panel import REST
from ticketlab.panels.prune.table import GRID, RATES
from ticketlab.pruning import apply_masks

BETWEEN = next(RATES[p] for p in range(150, 200) if p not in GRID)  # a rate where nothing is measured beforehand


# ---- the numbers ----------------------------------------------------------------------------------


def test_density_sparsity_and_rate_are_exact(panel):
    panel.rate = 0.705
    now = panel.state()
    kept = 199 - round(0.705 * 108) - round(0.705 * 63) - round(0.705 * 28)
    assert (now.kept, now.weights, now.rate) == (kept, 199, 0.705)
    assert now.density == kept / 199 and now.sparsity == 1 - kept / 199
    assert sum(now.kept_by_layer.values()) == kept
    assert f"{kept} of 199 weights kept" in panel.numbers.value
    for word in ("density", "sparsity", "rate 70.5 %"):
        assert word in panel.numbers.value


def test_accuracy_after_settling_is_that_of_the_pruned_stack(panel, stack, data):
    panel.scope, panel.rate = "global", BETWEEN
    accuracy = tl.evaluate(apply_masks(stack, pruning.prune(stack, rate=BETWEEN, scope="global")),
                           data.x_test, data.y_test)[1].double()
    now = panel.state()
    assert now.exact
    assert (now.accuracy, now.lowest, now.highest) == (accuracy.mean(), accuracy.min(), accuracy.max())
    assert f"<b>{100 * accuracy.mean():.1f} %</b>" in panel.numbers.value and "exact" in panel.numbers.value


def test_while_it_moves_the_accuracy_is_interpolated_and_says_so(panel):
    seen = []

    async def drag():
        panel.rate = BETWEEN
        seen.append(panel.numbers.value)
        await asyncio.sleep(3 * REST)
        seen.append(panel.numbers.value)

    asyncio.run(drag())
    assert "interpolated" in seen[0] and "exact" not in seen[0]
    assert "exact" in seen[1] and "interpolated" not in seen[1]


def test_of_many_moves_the_last_one_counts_and_is_the_only_one_computed(panel, monkeypatch):
    measured = []
    curve = panel._cut()[1]
    own = curve.measure
    monkeypatch.setattr(curve, "measure", lambda position: measured.append(position) or own(position))

    async def drag():
        for position in range(150, 194):
            panel.slider.value = position / 2
        await asyncio.sleep(3 * REST)

    asyncio.run(drag())
    assert measured == [193] and panel.state().rate == 0.965


def test_the_numbers_follow_replicate_and_layer(stack, data):
    one, other = (panels.prune_panel(stack, data, scope="global", replicate=r, rate=0.8) for r in (0, 2))
    masks = pruning.prune(stack, rate=0.8, scope="global")
    for replicate, panel in ((0, one), (2, other)):
        expected = {tl.masks.layer_name(n): int(m[replicate].sum()) for n, m in masks.items()}
        assert panel.state().kept_by_layer == expected


def test_an_emptied_layer_is_said_and_the_panel_goes_on(panel):
    panel.scope, panel.score, panel.rate = "global", "magnitude", 0.995
    empty = panel.state().empty
    assert panel.state().kept == 1 and len(empty) == 2
    assert all(f"layer {layer} is empty" in panel.numbers.value for layer in empty)
    panel.rate = 0.2
    assert panel.state().empty == () and "empty" not in panel.numbers.value


# ---- widgets --------------------------------------------------------------------------------------


def test_a_typed_number_between_two_steps_goes_to_the_nearer(panel):
    panel.field.value = 85.3
    assert (panel.rate, panel.slider.value, panel.field.value) == (0.855, 85.5, 85.5)
    assert panel.state().rate == 0.855


def test_an_error_in_a_callback_is_shown_and_not_raised_into_the_loop(stack, data):
    def broken(stack):
        raise ArithmeticError("no <score> today")

    panel = panels.prune_panel(stack, data, scores={"broken": broken})
    errors = []

    async def choose():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context))
        panel.score = "broken"
        await asyncio.sleep(2 * REST)

    asyncio.run(choose())
    assert not errors
    assert "ArithmeticError" in panel.numbers.value and "no &lt;score&gt; today" in panel.numbers.value
    with pytest.raises(ArithmeticError):
        panel.state()
    panel.score = "magnitude"
    assert panel.state().exact


# ---- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, message", [
    ({"rate": 1.0}, r"rate is 1.0; the slider goes from 0 to 0.995 in steps of 0.005"),
    ({"rate": -0.1}, "rate is -0.1"),
    ({"rate": 0.123}, "in steps of 0.005"),
    ({"rate": float("nan")}, "rate is nan"),
    ({"scope": "layers"}, "scope is 'layers'.*'layer', 'global'.*did you mean 'layer'"),
    ({"score": "magnitud"}, "score is 'magnitud'.*did you mean 'magnitude'"),
    ({"layer": "hidden9"}, "layer is 'hidden9'.*'all layers', 'hidden1'"),
    ({"replicate": 3}, "replicate is 3.*0 to 2"),
    ({"replicate": -1}, "replicate is -1"),
])  # fmt: skip
def test_the_panel_says_what_is_wrong(stack, data, options, message):
    with pytest.raises(ValueError, match=message):
        panels.prune_panel(stack, data, **options)


@pytest.mark.parametrize("other, message", [
    (Noise(shape=(13,)), r"cannot read an example of shape \(13,\)"),
    (Noise(classes=5), "4 classes apart, the data have 5"),
])  # fmt: skip
def test_another_data_set_than_the_stacks_is_refused(stack, other, message):
    with pytest.raises(ValueError, match=message):
        panels.prune_panel(stack, other)


# ---- numbers ----------------------------------------------------------------------------------------


def test_numbers_that_a_browser_counts_in_binary_are_shown_in_decimal(panel):
    """Chromium's slider gives 36.499999999999996 for 36.5."""
    guess = panels.guess("How many?", low=0, high=5, step=0.1)
    guess.slider.value = 0.30000000000000004
    assert (guess.value, guess.field.value) == (0.3, 0.3)
    panel.slider.value = 36.499999999999996
    assert panel.field.value == 36.5
    assert panel.rate == 0.365
