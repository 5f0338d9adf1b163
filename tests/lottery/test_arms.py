"""The arms: each does to a mask exactly what its name says, and nothing else; and how they train."""

import functools
from dataclasses import replace

import pytest
import torch
from scipy import stats

from tests.lottery.test_iterative_pruning import (
    SHORT,
    assert_same_bits,
    assert_same_run,
    search,
    trainings,
)
from tests.training.test_loop import DATA, NETS, TASK, Aside, fit
from ticketlab import lottery, nets, stack
from ticketlab.lottery import arms, batches
from ticketlab.lottery.arms import Start
from ticketlab.pruning import apply_masks, magnitude, prune
from ticketlab.pruning.masks import nested
from ticketlab.training import Recipe, Snapshot, evaluate

SEARCHES = {
    "layer": lambda: search(recipe=SHORT, levels=3, replicates=3),
    "rewound": lambda: search(NETS["cnn"], SHORT, levels=3, rate=0.3, rewind=4, seeds=[7, 3]),
    "global": lambda: search(NETS["cnn"], SHORT, levels=3, rate={"conv": 0.4, "output": 0},
                             scope="global", rewind=2),
    "own seeds": lambda: search(stack.draw(NETS["mlp"], [4, 5], nets.torch_default), SHORT,
                                levels=3, rate={"hidden": 0.5, "output": 0}, seeds=[4, 5]),
}


@functools.cache
def found(name):
    return SEARCHES[name]()


@pytest.fixture(params=SEARCHES)
def tickets(request):
    return found(request.param)


@pytest.fixture(scope="module")
def wide():
    """Many weights, hardly trained: enough of them to see the law they were drawn from."""
    net = nets.mlp(TASK, (150, 60))
    return search(net, Recipe(steps=1, batch=10, evaluate_every=1), replicates=2)


def at(arm, tickets, number) -> Start:
    return arm(tickets, tickets.trials[number])


def stack_of(start: Start):
    return start.moment.stack if isinstance(start.moment, Snapshot) else start.moment


def same_masks(a, b):
    return a.keys() == b.keys() and all(torch.equal(mask, b[name]) for name, mask in a.items())


def counts(masks):
    return {name: mask.flatten(1).sum(1).tolist() for name, mask in masks.items()}


# --- what each arm is ----------------------------------------------------------------------------

def test_the_ticket_is_the_mask_on_the_weights_of_the_rewind_step(tickets):
    for trial in tickets.trials[1:]:
        start = arms.ticket(tickets, trial)
        assert start == Start(tickets.stem, trial.masks)


def test_reinit_draws_every_weight_anew_at_each_level_and_the_same_at_each_call(tickets):
    first, again, other = (stack_of(at(arms.reinit, tickets, n)) for n in (1, 1, 2))
    assert_same_bits(first, again)
    for name in tickets.trials[0].masks:
        for older in (tickets.initial, tickets.stem.stack, other):
            assert not (first.parameters[name] == older.parameters[name]).any(), name
        one, two = first.parameters[name][:2]
        assert not (one == two).any(), "replicates draw apart"
    start = at(arms.reinit, tickets, 1)
    assert start.masks is tickets.trials[1].masks and not isinstance(start.moment, Snapshot)
    for name, values in first.buffers.items():
        assert torch.equal(values, tickets.initial.buffers[name]), "batch statistics are fresh"


def test_no_replicate_of_reinit_is_the_initialisation_of_any_small_seed(wide):
    """Drawing with ``seed + 1`` would hand one replicate the initialisation of the next."""
    drawn = stack.draw(wide.initial.net, range(50)).parameters["hidden1.weight"]
    for number in (1, 2):
        redrawn = stack_of(at(arms.reinit, wide, number)).parameters["hidden1.weight"]
        assert not (redrawn[:, None] == drawn[None]).flatten(2).any(2).any()


@pytest.mark.parametrize("initialise", [nets.glorot_normal, nets.torch_default])
def test_reinit_follows_the_law_of_the_initialisation_layer_by_layer(initialise):
    """Also where that is not the course's own; and knows nothing of the values it replaces."""
    drawn = stack.draw(nets.mlp(TASK, (150, 60)), [0, 1], initialise)
    tickets = search(drawn, Recipe(steps=1, batch=10, evaluate_every=1), levels=1)
    redrawn = stack_of(at(arms.reinit, tickets, 1))
    for name in tickets.trials[0].masks:
        new, old = (each.parameters[name].flatten() for each in (redrawn, drawn))
        fan_out, fan_in = drawn.parameters[name].shape[1:]
        expected = {nets.glorot_normal: stats.norm(0, (2 / (fan_in + fan_out)) ** 0.5),
                    nets.torch_default: stats.uniform(-fan_in ** -0.5, 2 * fan_in ** -0.5)}
        assert stats.kstest(new.numpy(), expected[initialise].cdf).pvalue > 1e-3, name
        error = new.std().item() / (2 * len(new)) ** 0.5
        assert abs(new.std() - old.std()) < 6 * error
        assert abs(torch.corrcoef(torch.stack([new, old]))[0, 1]) < 4 / len(new) ** 0.5


def test_signs_keeps_the_signs_of_the_rewind_step_and_the_magnitudes_of_reinit(tickets):
    for number in (1, 2):
        start, reinit = at(arms.signs, tickets, number), stack_of(at(arms.reinit, tickets, number))
        ours = stack_of(start)
        assert start.masks is tickets.trials[number].masks
        for name, values in ours.parameters.items():
            if name in start.masks:
                assert torch.equal(values.sign(), tickets.stem.stack.parameters[name].sign())
                assert torch.equal(values.abs(), reinit.parameters[name].abs())
            else:
                assert torch.equal(values, reinit.parameters[name])


def test_shuffled_permutes_each_mask_inside_its_layer_and_replicate(tickets):
    level = tickets.trials[2]
    start = arms.shuffled(tickets, level)
    assert start.moment is tickets.stem
    assert counts(start.masks) == counts(level.masks)
    assert same_masks(start.masks, arms.shuffled(tickets, level).masks), "the same at each call"
    for name, mask in start.masks.items():
        if not level.masks[name].all():
            for replicate in range(len(mask)):
                assert not torch.equal(mask[replicate], level.masks[name][replicate]), name


def test_shuffled_and_random_know_nothing_of_the_mask(wide):
    """Of the weights kept, as many are the ticket's as chance would have; and the two controls,
    the replicates and the levels of ``shuffled`` are independent of one another."""
    level = wide.trials[2]
    shuffled, drawn = at(arms.shuffled, wide, 2).masks, at(arms.random, wide, 2).masks
    for name in ("hidden1.weight", "hidden2.weight"):
        n = shuffled[name][0].numel()
        pairs = [(shuffled[name][0], level.masks[name][0]), (drawn[name][0], level.masks[name][0]),
                 (shuffled[name][0], drawn[name][0]), (shuffled[name][0], shuffled[name][1]),
                 (drawn[name][0], drawn[name][1]),
                 (shuffled[name][0], at(arms.shuffled, wide, 1).masks[name][0])]
        for a, b in pairs:
            p, q = a.double().mean().item(), b.double().mean().item()
            spread = (p * (1 - p) * q * (1 - q) / (n - 1)) ** 0.5  # hypergeometric
            assert abs((a & b).double().mean().item() - p * q) < 4 * spread


def test_random_has_the_tickets_density_in_every_layer_and_replicate_and_is_nested(tickets):
    """Under the global scope too, where each replicate has layer densities of its own."""
    before = None
    for trial in tickets.trials[1:]:
        start = arms.random(tickets, trial)
        assert start.moment is tickets.stem
        assert counts(start.masks) == counts(trial.masks)
        assert before is None or nested(start.masks, before)
        assert same_masks(start.masks, arms.random(tickets, trial).masks)
        before = start.masks


def test_under_the_global_scope_replicates_have_layer_densities_of_their_own():
    """Or the test above would not see a control that takes them from the first replicate."""
    kept = counts(found("global").trials[2].masks)
    assert any(one != two for one, two in kept.values())


@pytest.mark.parametrize("number", [1, 3])
def test_one_shot_is_one_cut_of_the_dense_networks_to_the_same_density(tickets, number):
    level, dense = tickets.trials[number], tickets.trials[0].run.stack
    start = arms.one_shot(tickets, level)
    assert start.moment is tickets.stem
    untouched = [name for name in level.masks if isinstance(tickets.rate, dict)
                 and name == "output.weight" and tickets.rate["output"] == 0]
    pools = [[name] for name in level.masks if name not in untouched]
    if tickets.scope == "global":
        pools = [sum(pools, [])]
    for replicate in range(dense.replicates):
        for pool in pools:
            values = torch.cat([dense.parameters[n][replicate].abs().flatten() for n in pool])
            ours = torch.cat([start.masks[n][replicate].flatten() for n in pool])
            asked = torch.cat([level.masks[n][replicate].flatten() for n in pool])
            assert ours.sum() == asked.sum()
            assert values[ours].min() > values[~ours].max()
    assert all(start.masks[name].all() for name in untouched)
    if number == 1:
        assert same_masks(start.masks, level.masks), "the first level is one cut from dense"


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_one_shot_is_what_prune_gives_for_that_density(scope):
    tickets = search(recipe=SHORT, levels=2, rate=0.4, scope=scope)
    level, dense = tickets.trials[2], tickets.trials[0].run.stack
    share = {name.removesuffix(".weight"): mask[0].double().mean().item()
             for name, mask in level.masks.items()}
    share = tickets.densities[2] if scope == "global" else share
    assert same_masks(at(arms.one_shot, tickets, 2).masks,
                      prune(dense, density=share, scope=scope))


def test_one_shot_uses_nothing_of_the_iterations(tickets):
    """Other masks of the same sizes, other trained weights: the same cut. And the search's score."""
    level = tickets.trials[3]
    other = level._replace(masks=at(arms.shuffled, tickets, 3).masks)
    forgotten = [trial._replace(run=None, masks=None) for trial in tickets.trials[1:]]
    blind = replace(tickets, trials=[tickets.trials[0], *forgotten])
    ours = arms.one_shot(tickets, level).masks
    assert same_masks(ours, arms.one_shot(blind, other).masks)
    upside_down = replace(tickets, score=lambda s: {n: -w for n, w in magnitude(s).items()})
    assert not same_masks(ours, arms.one_shot(upside_down, level).masks)


def test_fine_tune_goes_on_from_the_trained_weights_it_was_cut_from(tickets):
    """With a fresh optimiser, at the last learning rate, for as many steps as the recipe has."""
    for number in (1, 3):
        start = at(arms.fine_tune, tickets, number)
        assert stack_of(start) is tickets.trials[number - 1].run.stack
        assert start.masks is tickets.trials[number].masks
        schedule = start.recipe.schedule(len(DATA.x_train))
        assert [schedule.lr_at(step) for step in range(6)] == pytest.approx([0.01] * 6)
        assert schedule.total == 6 and start.recipe.momentum == SHORT.momentum
        assert batches.ask(arms.fine_tune, tickets, number, None).start.moment.optimizer is None


def test_untrained_trains_nothing(tickets):
    for trial in lottery.controls(tickets, ["untrained"], progress=False):
        expected = apply_masks(tickets.stem.stack, tickets.trials[trial.number].masks)
        assert_same_bits(trial.run.stack, expected)
        assert trial.run.curves["step"].tolist() == [tickets.stem.step]
        accuracy = evaluate(expected, DATA.x_test, DATA.y_test)[1]
        torch.testing.assert_close(trial.run.last("test_accuracy"), accuracy)
        assert trial.run.last("train_accuracy").isnan().all()


def test_every_arm_leaves_the_search_as_it_was(tickets):
    before = [tickets.initial.clone(), tickets.stem.stack.clone()]
    masks = [{name: mask.clone() for name, mask in trial.masks.items()} for trial in tickets.trials]
    lottery.controls(tickets, list(lottery.ARMS), progress=False, levels=[1, 3])
    assert_same_bits(tickets.initial, before[0])
    assert_same_bits(tickets.stem.stack, before[1])
    assert all(same_masks(trial.masks, old) for trial, old in zip(tickets.trials, masks, strict=True))


# --- how they train --------------------------------------------------------------------------------

def test_arms_are_paired_the_ticket_trained_again_is_the_ticket(tickets):
    """Same data order and schedule for each replicate: alone the same bits, together the same
    values within float tolerance; under the masks asked for."""
    R = len(tickets.seeds)
    for trial in lottery.controls(tickets, ["ticket"], together=R, progress=False):
        assert_same_run(trial.run, tickets.trials[trial.number].run)
    with trainings() as seen:
        together = lottery.controls(tickets, ["ticket", "random"], progress=False, together=99)
    assert [each.order_seeds for each in seen] == [tickets.seeds * 6]
    for trial in together:
        for name, mask in trial.masks.items():
            assert (trial.run.stack.parameters[name][~mask] == 0).all()
        if trial.arm == "ticket":
            assert_close(trial.run, tickets.trials[trial.number].run)


def assert_close(a, b):
    for name, values in a.stack.parameters.items():
        torch.testing.assert_close(values, b.stack.parameters[name], rtol=1e-3, atol=1e-4)
    for name in ("test_loss", "train_loss", "val_loss"):
        torch.testing.assert_close(a.curves[name], b.curves[name], rtol=1e-3, atol=1e-4,
                                   equal_nan=True)


def test_a_longer_budget_goes_before_the_search_s_and_the_arm_s_own():
    tickets, longer = found("rewound"), SHORT.with_(steps=9)
    for trial in lottery.controls(tickets, ["ticket", "reinit", "fine_tune"], levels=[2],
                                  recipe=longer, progress=False):
        assert trial.run.end.step == 9
        start = at(arms.ALL[trial.arm], tickets, 2)
        assert_close(trial.run, fit(start.moment, longer, masks=start.masks,
                                    order_seeds=tickets.seeds))


def test_an_arm_is_a_few_lines_in_a_cell():
    """The example of the module's docstring; its name is the arm's."""
    def constant(tickets, level):
        drawn = tickets.initial.map(lambda w: w.abs().mean() * w.sign())
        return arms.Start(drawn, level.masks)

    def frozen_start(tickets, level):
        return arms.Start(tickets.stem, level.masks, recipe=SHORT.with_(lr=1e-9), stop=3)

    tickets = found("layer")
    trials = lottery.controls(tickets, [constant, "reinit", frozen_start], levels=[2], progress=False)
    assert [trial.arm for trial in trials] == ["constant", "reinit", "frozen_start"]
    assert trials[2].run.end.step == 3
    weights = trials[2].run.stack.parameters["hidden1.weight"]
    torch.testing.assert_close(
        weights, apply_masks(tickets.stem.stack, trials[2].masks).parameters["hidden1.weight"])
    frame = lottery.table(tickets, trials)
    assert frame.groupby("arm").size().to_dict() == {
        "ticket": 12, "constant": 3, "reinit": 3, "frozen_start": 3}


def test_replicates_of_one_mask_are_shuffled_each_in_its_own_way(wide):
    """One permutation for all would make them one control: their masks differ anyway, so it is
    seen only where all replicates have the same mask."""
    level = wide.trials[2]
    same = {name: mask[:1].expand_as(mask) for name, mask in level.masks.items()}
    masks = arms.shuffled(wide, level._replace(masks=same)).masks
    for name in ("hidden1.weight", "hidden2.weight"):
        assert not torch.equal(*masks[name]), name


@pytest.mark.parametrize("name", ["reinit", "signs"])
def test_a_new_draw_keeps_the_bits_of_frozen_parameters_each_replicate_its_own(name):
    modules = [Aside(), Aside()]
    tickets = search(stack.from_modules(modules), SHORT, levels=1, rate=0.5)
    redrawn = stack_of(at(arms.ALL[name], tickets, 1)).parameters
    run = lottery.controls(tickets, [name], progress=False)[0].run.stack.parameters
    for replicate, module in enumerate(modules):
        for own in ("frozen.weight", "frozen.bias"):
            assert torch.equal(redrawn[own][replicate], module.get_parameter(own))
            assert torch.equal(run[own][replicate], module.get_parameter(own))
        assert not torch.equal(redrawn["out.weight"][replicate], module.out.weight)
