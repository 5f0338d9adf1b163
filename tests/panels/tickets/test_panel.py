"""The ticket panel: the numbers of the search that is shown, ranges that follow it, constant text, traits only."""

import base64
import re
from dataclasses import replace
from io import BytesIO

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image

import ticketlab as tl
from ticketlab import panels
from ticketlab.panels.base import VIEW
from ticketlab.panels.tickets import picture as ticket_svg
from ticketlab.panels.tickets.table import AFTER, BINS, START, LevelTable, _picture

RATES = {"hidden": 0.4, "output": 0.2}
FASTER = {"hidden": 0.64, "output": 0.36}


@pytest.fixture(scope="module")
def data():
    noise = torch.Generator().manual_seed(3)
    def split(n):
        return torch.randn(n, 12, generator=noise), torch.randint(4, (n,), generator=noise)

    return tl.data.Data("noise", *split(60), *split(40), *split(50), 4, (12,), "noise")


@pytest.fixture(scope="module")
def search(data):
    def run(rate, levels, replicates=3, hidden=(9, 7)):
        return tl.lottery.search(tl.nets.mlp(data, hidden), data, tl.Recipe(batch=20, steps=6, lr=0.02), levels=levels,
                                 rate=rate, replicates=replicates, rewind=2, progress=False)

    return run


@pytest.fixture(scope="module")
def tickets(search):
    return search(RATES, 4)


@pytest.fixture(scope="module")
def faster(search):
    return search(FASTER, 2)


@pytest.fixture(scope="module")
def arms(tickets):
    return tl.lottery.controls(tickets, ["reinit", "random"], progress=False)


@pytest.fixture
def panel(tickets, faster, arms):
    return panels.ticket_panel({0.64: faster, 0.4: tickets}, controls={0.4: arms})


def shown(panel):
    return panel.picture.value, panel.numbers.value


def svgs(panel):
    return re.findall(r"<svg.*?</svg>", panel.picture.value)


# ---- the numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("replicate", [0, 2])
def test_the_state_is_that_of_the_trial(panel, tickets, level, replicate):
    panel.level, panel.replicate = level, replicate
    now, trial = panel.state(), tickets.trials[level]
    kept = {tl.masks.layer_name(name): int(mask[replicate].sum()) for name, mask in trial.masks.items()}
    assert (now.rate, now.level, now.last) == (0.4, level, 4)
    assert now.kept_by_layer == kept and now.kept == sum(kept.values()) and now.weights == 199
    assert now.density == tickets.densities[level] and now.sparsity == 1 - now.density
    before = tickets.densities[max(0, level - 1)]
    assert now.removed == pytest.approx(1 - now.density / before)
    accuracy = tl.evaluate(trial.run.stack, tickets.data.x_test, tickets.data.y_test)[1].double()
    assert (now.accuracy, now.lowest, now.highest) == (accuracy.mean(), accuracy.min(), accuracy.max())
    assert now.own == accuracy[replicate]
    assert now.dense == tickets.trials[0].run.last("test_accuracy").double().mean()


def test_the_numbers_are_written_out(panel):
    panel.level = 3
    now, words = panel.state(), panel.numbers.value
    assert tl.masks.describe(now.density, now.removed).replace(", ", " · ") in words
    assert "level 3 of 4" in words and f"{now.kept} of 199 weights kept" in words
    assert f"<b>{100 * now.accuracy:.1f} %</b>" in words and f"dense {100 * now.dense:.1f} %" in words


@pytest.mark.parametrize("layer", ["all layers", "hidden2"])
@pytest.mark.parametrize("shows", [AFTER, START])
def test_the_histogram_counts_the_survivors_and_all_weights_before_pruning(tickets, layer, shows):
    view = LevelTable(0.4, tickets).view(3, layer, 1, shows)
    names = [name for name in tickets.trials[0].masks if layer in ("all layers", tl.masks.layer_name(name))]
    def flat(tensors):
        return torch.cat([tensors[name][1].flatten() for name in names])

    mask = flat(tickets.trials[3].masks)
    now, dense = ((tickets.trials[3].run.stack, tickets.trials[0].run.stack) if shows == AFTER
                  else (tickets.stem.stack, tickets.stem.stack))
    values, everything = flat(now.parameters)[mask], flat(dense.parameters)
    assert len(view.kept) == BINS and view.kept.sum() == mask.sum()
    np.testing.assert_array_equal(view.kept, np.histogram(values.double().numpy(), view.edges)[0])
    np.testing.assert_array_equal(view.everything, np.histogram(everything.double().numpy(), view.edges)[0])


def test_the_edges_hold_every_level_and_do_not_move(tickets):
    views = [LevelTable(0.4, tickets).view(level, "all layers", 0, AFTER) for level in range(5)]
    assert all(np.array_equal(view.edges, views[0].edges) for view in views)
    assert all(view.kept.sum() == view.pictures[0].kept + view.pictures[1].kept + view.pictures[2].kept for view in views)


def test_survivors_at_the_start_are_those_of_the_rewind_step_and_not_of_the_initialisation(panel, tickets):
    assert not torch.equal(tickets.stem.stack.parameters["hidden1.weight"], tickets.initial.parameters["hidden1.weight"])
    panel.level = 2
    before = svgs(panel)
    panel.shows = START
    assert svgs(panel)[0] != before[0] and svgs(panel)[1:] == before[1:]


def test_a_small_mask_is_shown_weight_by_weight_and_a_large_one_by_the_share_kept_in_blocks():
    mask = np.random.default_rng(0).random((7, 12)) < 0.3
    np.testing.assert_array_equal(_picture("output", mask).blocks, mask)
    mask = np.random.default_rng(0).random((101, 784)) < 0.2
    picture = _picture("hidden1", mask)
    assert (picture.kept, picture.units, picture.inputs) == (mask.sum(), 101, 784)
    assert picture.blocks.shape == (50, 56)
    assert picture.blocks[0, 3] == mask[:2, 42:56].mean()  # 784 inputs in 56 columns of 14
    assert picture.blocks[-1, 0] == mask[98:101, :14].mean()  # 101 units: the last row has three


def test_black_is_the_densest_block_and_white_is_none():
    blocks = np.array([[0.0, 0.2], [0.1, 0.4]])
    picture = ticket_svg.masks([ticket_svg.Picture("output", 7, 2, 2, blocks)])
    grey = np.asarray(Image.open(BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", picture)[1]))))
    np.testing.assert_array_equal(grey, [[255, 128], [191, 0]])
    assert "black: 40 % kept" in picture


# ---- the pictures ---------------------------------------------------------------------------------


def test_three_pictures_that_say_in_words_what_they_show(panel):
    panel.level, panel.layer = 2, "hidden1"
    now = panel.state()
    histogram, mask, accuracy = svgs(panel)
    assert all('role="img"' in svg for svg in svgs(panel))
    kept = now.kept_by_layer["hidden1"]
    assert f'aria-label="Histogram of the weights of hidden1, after training: {kept} kept' in histogram
    assert f"Mask: hidden1, 9 units by 12 inputs, {kept} kept" in mask
    assert f"{100 * now.accuracy:.1f} percent with {100 * now.density:.3g} percent of the weights" in accuracy
    for name in ("ticket", "64 % a round", "reinit", "random", "dense"):
        assert f">{name}</text>" in accuracy
    assert ">unit<" in mask and ">input<" in mask and ">weights remaining (%)<" in accuracy


def test_all_layers_have_a_mask_each(panel):
    panel.level = 1
    mask = svgs(panel)[1]
    assert mask.count("<image") == 3 and all(f">{layer}<" in mask for layer in panel.state().kept_by_layer)


def test_the_ring_lies_on_the_curve_at_the_level(panel):
    for panel.level in (0, 4):
        accuracy = svgs(panel)[2]
        line = re.findall(r'<polyline points="([^"]+)"', accuracy)[-1].split()  # the search's own is on top
        ring = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="6.5"', accuracy)
        assert ",".join(ring.groups()) == line[panel.level]


def test_the_accuracy_axis_is_the_same_for_all_rates_and_levels(panel):
    def axis():
        return re.findall(r'text-anchor="end" >([\d.]+)<', svgs(panel)[2])

    seen = set()
    for panel.rate in (0.4, 0.64):
        for panel.level in (0, 2):
            seen.add(tuple(axis()))
    assert len(seen) == 1 and len(next(iter(seen))) > 1


def test_every_level_changes_picture_and_numbers(panel):
    seen = set()
    for panel.slider.value in range(5):
        seen.add(shown(panel))
    assert len(seen) == 5 and all(len({one[part] for one in seen}) == 5 for part in (0, 1))


# ---- moving ---------------------------------------------------------------------------------------


def test_another_rate_has_its_own_levels_and_stays_at_the_nearest_density(panel, tickets, faster):
    panel.level = 4
    panel.rate = 0.64
    assert (panel.slider.max, panel.field.max, panel.level) == (2, 2, faster.nearest(tickets.densities[4]))
    assert panel.level == 2 and panel.field.value == 2
    assert panel.state().density == faster.densities[2] and "level 2 of 2" in panel.numbers.value
    panel.rate = 0.4
    assert (panel.slider.max, panel.level) == (4, 4)
    assert panel.state().rate == 0.4


def test_a_change_of_rate_draws_once(panel, monkeypatch):
    panel.level, drawn = 4, []
    own = panel._draw
    monkeypatch.setattr(panel, "_draw", lambda: drawn.append((panel.rate, panel.level)) or own())
    panel.rate = 0.64
    assert drawn == [(0.64, 2)]


def test_sliders_and_the_fields_beside_them_are_one(panel):
    panel.field.value = 3
    assert panel.level == 3
    panel.level = 1
    assert panel.field.value == 1
    panel._rate_field.value = 0.64
    assert panel.rate == 0.64
    panel.rate = 0.4
    assert panel._rate_field.value == 0.4


def test_a_level_that_was_seen_is_not_counted_again(panel, monkeypatch):
    for level in (2, 1):
        panel.level = level
    before = shown(panel)
    monkeypatch.setattr(LevelTable, "view", lambda *place: pytest.fail("counted again"))
    panel.level = 2
    panel.level = 1
    assert shown(panel) == before


def test_callbacks_assign_traits_and_print_and_display_nothing(panel, capsys, monkeypatch):
    from IPython.core import display_functions

    displayed = []
    monkeypatch.setattr("matplotlib.figure.Figure.__init__", lambda *a, **k: pytest.fail("a move made a figure"))
    monkeypatch.setattr(display_functions, "publish_display_data", lambda *a, **k: displayed.append(a))
    for change in (("level", 2), ("layer", "output"), ("shows", START), ("replicate", 1), ("rate", 0.64), ("level", 0)):
        before = shown(panel)
        setattr(panel, *change)
        assert shown(panel) != before
    assert capsys.readouterr() == ("", "") and not displayed
    assert not [w for w in _all_widgets(panel.box) if isinstance(w, ipywidgets.Output)]


def _all_widgets(box):
    for child in getattr(box, "children", ()):
        yield child
        yield from _all_widgets(child)


def test_an_error_in_a_callback_is_shown_and_not_raised(panel, monkeypatch):
    def broken(*place):
        raise ArithmeticError("no <mask> today")

    monkeypatch.setattr(LevelTable, "view", broken)
    panel.slider.value = 3
    assert "ArithmeticError" in panel.numbers.value and "no &lt;mask&gt; today" in panel.numbers.value
    monkeypatch.undo()
    panel.slider.value = 2
    assert "level 2 of 4" in panel.numbers.value
    panel.slider.value = 3
    assert "level 3 of 4" in panel.numbers.value


def test_two_panels_do_not_disturb_one_another(tickets):
    one, other = panels.ticket_panel(tickets), panels.ticket_panel(tickets)
    before = shown(other)
    one.level, one.layer, one.shows = 3, "output", START
    assert shown(other) == before and other.level == 0


# ---- what the searches are ------------------------------------------------------------------------


def test_one_search_has_its_rate_and_a_slider_that_cannot_move(tickets):
    panel = panels.ticket_panel(tickets, level=4)
    assert panel.rate == 0.4 and panel._rates.disabled and panel._rate_field.disabled
    assert panel.state().level == 4 and panel.slider.max == 4


def test_where_the_controls_begin_can_be_chosen(tickets, faster):
    panel = panels.ticket_panel({0.4: tickets, 0.64: faster}, rate=0.64, level=1, layer="hidden2", replicate=2, shows=START)
    assert (panel.rate, panel.level, panel.layer, panel.replicate, panel.shows) == (0.64, 1, "hidden2", 2, START)
    assert "Histogram of the weights of hidden2, at the start" in svgs(panel)[0]


def test_why_a_search_ended_early_is_said_at_its_last_level(tickets):
    panel = panels.ticket_panel(replace(tickets, stopped="layer <x> would be empty"), level=4)
    assert "layer &lt;x&gt; would be empty" in panel.numbers.value
    panel.level = 3
    assert "would be empty" not in panel.numbers.value


def test_a_single_network_has_no_range(search):
    panel = panels.ticket_panel(search(0.5, 1, replicates=1), level=1)
    assert "replicate" not in panel.numbers.value and panel.state().lowest == panel.state().highest


# ---- widgets and what a notebook stores -----------------------------------------------------------


def test_every_control_has_a_description_and_a_tip(panel):
    controls = [panel._rates, panel._rate_field, panel.slider, panel.field, *panel._choices.values()]
    assert [c.description for c in controls] == [
        "rate per round (%)", "rate (%)", "level", "level", "layer", "replicate", "shows"]
    for control in controls:
        assert getattr(control, "tooltip", None) or control.description_tooltip
    assert "ticketlab-ticket-panel" in panel.box._dom_classes
    assert "ticketlab-numbers" in panel.numbers._dom_classes


def test_text_is_constant_and_a_small_picture_stands_beside_the_widget(panel):
    texts = set()
    for panel.level in (0, 3):
        bundle = panel._repr_mimebundle_()
        texts.add(bundle["text/plain"])
    assert texts == {repr(panel)} == {"ticket panel: sliders for rate per round, level, layer, replicate and weights"}
    picture = base64.b64decode(bundle["image/png"])
    assert len(picture) < 90_000 and Image.open(BytesIO(picture)).size[0] >= 700
    assert bundle[VIEW]["model_id"] == panel.box.model_id
    assert set(panel._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}


def test_the_stored_picture_shows_the_state_of_the_panel(panel, tickets):
    panel.level, panel.layer = 3, "hidden1"
    now = panel.state()
    histogram, mask, accuracy = panel.figure().axes
    kept = next(p for p in histogram.patches if p.get_label() == "kept").get_data().values
    assert kept.sum() == now.kept_by_layer["hidden1"]
    np.testing.assert_array_equal(mask.images[0].get_array(), tickets.trials[3].masks["hidden1.weight"][0])
    lines = {line.get_label(): line for line in accuracy.lines}
    assert len(lines["ticket"].get_xdata()) == 5 and len(lines["reinit"].get_xdata()) == 4
    assert accuracy.lines[-1].get_xydata()[0] == pytest.approx((100 * now.density, 100 * now.accuracy))


# ---- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, message", [
    ({"level": 5}, "level is 5; the search with rate 0.4 has levels 0 to 4"),
    ({"level": -1}, "level is -1"),
    ({"rate": 0.5}, "rate is 0.5; choose one of 0.4"),
    ({"layer": "hidden9"}, "layer is 'hidden9'.*'all layers', 'hidden1'"),
    ({"replicate": 3}, "replicate is 3.*0 to 2"),
    ({"shows": "after"}, "shows is 'after'.*'after training', 'at the start'"),
    ({"controls": {0.6: []}}, "the rate of controls is 0.6; choose one of 0.4"),
])  # fmt: skip
def test_the_panel_says_what_is_wrong(tickets, options, message):
    with pytest.raises(ValueError, match=message):
        panels.ticket_panel(tickets, **options)


@pytest.mark.parametrize("attribute, value", [("level", 9), ("rate", 0.9), ("layer", "x"), ("replicate", 7), ("shows", "x")])
def test_a_refused_setting_leaves_the_panel_as_it_was(panel, attribute, value):
    before = shown(panel)
    with pytest.raises(ValueError, match=f"{attribute} is"):
        setattr(panel, attribute, value)
    assert shown(panel) == before


def test_searches_that_do_not_belong_together_are_refused(tickets, faster, search, arms):
    with pytest.raises(ValueError, match=r"under rate 0.9 was run with .*'hidden': 0.4"):
        panels.ticket_panel({0.9: tickets})
    with pytest.raises(ValueError, match="different networks.*at rate 0.5"):
        panels.ticket_panel({0.4: tickets, 0.5: search(0.5, 1, replicates=2)})
    with pytest.raises(ValueError, match="there are 2; give a dictionary rate -> trials"):
        panels.ticket_panel({0.4: tickets, 0.64: faster}, controls=arms)
    for nothing in ({}, None, [tickets]):
        with pytest.raises(ValueError, match="give what lottery.search returns"):
            panels.ticket_panel(nothing)
