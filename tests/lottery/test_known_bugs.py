"""Mistakes of public code that made tickets of what was none: each is written out here, and a check
that ours passes must fail on it."""

import random as python_random
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.lottery.test_iterative_pruning import SHORT, search
from tests.training.test_loop import DATA, NETS, RECIPES, TASK, fit
from ticketlab import nets, stack
from ticketlab.lottery import iterative_pruning as lottery
from ticketlab.lottery.arms import shuffled as our_shuffled
from ticketlab.lottery.invariants import BrokenTicket, check_rewound, check_trained
from ticketlab.pruning import apply_masks, dense, density, prune
from ticketlab.training import Run, Snapshot, evaluate
from ticketlab.training.orders import order

ADAM, SGD = RECIPES["adam"], RECIPES["sgd"]


def plain(stack_of_one, optimizer, masks, steps, hold=None, first=0):
    """Steps of one net as anyone would write them. hold: called before and after each update."""
    hold = hold or (lambda when, module, masks: None)
    module = stack_of_one.module().train()
    optimizer = optimizer(module)
    for index in order(len(DATA.x_train), 10, [0], first, first + steps):
        optimizer.zero_grad()
        F.cross_entropy(module(DATA.x_train[index[0]]), DATA.y_train[index[0]]).backward()
        hold("gradient", module, masks)
        optimizer.step()
        hold("weights", module, masks)
    return module, optimizer


def as_run(module) -> Run:
    return Run(Snapshot(stack.from_modules([module.eval()])), {}, {})


@pytest.fixture(scope="module")
def tickets():
    return search(NETS["cnn"], SGD.with_(steps=20), rate=0.4, levels=2, replicates=1)


# --- masks that do not hold -------------------------------------------------------------------------

def mask_gradients(when, module, masks):
    """Broken: the pruned weights get no gradient, and are never set back to zero."""
    for name, mask in masks.items():
        if when == "gradient":
            module.get_parameter(name).grad.mul_(mask[0])


def mask_weights(when, module, masks):
    for name, mask in masks.items():
        if when == "weights":
            module.get_parameter(name).data.mul_(mask[0])


def sgd(**arguments):
    return lambda module: torch.optim.SGD(module.parameters(), lr=0.1, **arguments)


def adam(**arguments):
    return lambda module: torch.optim.Adam(module.parameters(), lr=5e-3, **arguments)


@pytest.mark.parametrize("optimizer, revives", [
    (sgd(momentum=0.9), True), (adam(), True), (sgd(momentum=0.9, weight_decay=0.01), True),
    (sgd(), False)], ids=["momentum", "Adam", "momentum and decay", "plain SGD, which forgives it"])
def test_masking_gradients_only(optimizer, revives):
    """What the optimiser remembers of the dense steps moves the weights that were cut after them."""
    start = stack.draw(NETS["mlp"], [0])
    masks = prune(start, rate=0.5)

    def cut_after_five_dense_steps(hold):
        steps = []

        def held(when, module, masks):
            steps.append(when)
            if len(steps) == 10:
                module.load_state_dict(apply_masks(as_run(module).stack, masks).module().state_dict())
                module.train()
            elif len(steps) > 10:
                hold(when, module, masks)

        return as_run(plain(start, optimizer, masks, 15, held)[0])

    check_trained(1, cut_after_five_dense_steps(mask_weights), masks)
    if revives:
        with pytest.raises(BrokenTicket, match="pruned weights of 'hidden1' are not zero"):
            check_trained(1, cut_after_five_dense_steps(mask_gradients), masks)
    else:
        check_trained(1, cut_after_five_dense_steps(mask_gradients), masks)


@pytest.mark.parametrize("decay, revives", [(0.01, True), (0.0, False)])
def test_masking_gradients_only_under_weight_decay(decay, revives):
    """Here no gradient ever reached the pruned weights: decay alone filled their momentum, and
    carries them through zero. Ours, from the same optimiser's state, holds them there."""
    start = stack.draw(NETS["mlp"], [0])
    masks = prune(start, rate=0.5)
    module, optimizer = plain(start, sgd(momentum=0.9, weight_decay=decay), masks, 5, mask_gradients)
    moment = Snapshot(as_run(module).stack, 5, {
        name: {"momentum_buffer": optimizer.state[value]["momentum_buffer"][None].clone()}
        for name, value in module.named_parameters()})
    with torch.no_grad():
        mask_weights("weights", module, masks)
    module, _ = plain(as_run(module).stack, lambda _module: _continued(_module, optimizer, decay),
                      masks, 3, mask_gradients, first=5)
    if revives:
        with pytest.raises(BrokenTicket, match="are not zero"):
            check_trained(1, as_run(module), masks)
    else:
        check_trained(1, as_run(module), masks)
    recipe = SGD.with_(weight_decay=decay, steps=8, warmup=0, drops=())
    check_trained(1, fit(moment, recipe, masks=masks), masks)


def _continued(module, optimizer, decay):
    continued = sgd(momentum=0.9, weight_decay=decay)(module)
    continued.load_state_dict(optimizer.state_dict())
    return continued


def never_masked_again(start, recipe, masks):
    """Broken: cut once, and then trained as any net is. The "ticket" was 98 % dense."""
    return fit(apply_masks(start, masks), recipe)


def test_a_mask_that_is_never_applied_again():
    start = stack.draw(NETS["mlp"], [0])
    masks = prune(start, rate=0.6)

    def nonzero(run):
        alive = {name: run.stack.parameters[name] != 0 for name in masks}
        return density(alive).item()

    ours, broken = fit(start, ADAM, masks=masks), never_masked_again(start, ADAM, masks)
    check_trained(1, ours, masks)
    assert nonzero(ours) == density(masks).item() < 0.41
    assert nonzero(broken) > 0.9
    with pytest.raises(BrokenTicket, match="are not zero"):
        check_trained(1, broken, masks)


def cut_anew(trained, masks, share):
    """Broken: ranks all weights at each level, also those that are pruned."""
    return prune(trained, density=share)


def test_revived_weights_that_take_part_in_the_next_cut():
    """Where training lets weights come back, a cut that forgets the old mask keeps some of them."""
    start = stack.draw(NETS["mlp"], [0])
    first = prune(start, rate=0.4)
    revived = never_masked_again(start, SGD, first).stack
    stem = Snapshot(start)

    def check(masks):
        moment = Snapshot(apply_masks(start, masks))
        check_rewound(2, moment, stem, masks, first, density(masks).item())

    check(prune(revived, first, rate=0.4))
    with pytest.raises(BrokenTicket, match="weights of 'hidden1' come back"):
        check(cut_anew(revived, first, 0.36))


# --- what a new round must not take from the last one -------------------------------------------------

def one_adam_for_all_rounds(start, masks):
    """Broken: values are put back, and the same optimiser goes on."""
    module, optimizer = plain(start, adam(), masks, 20)

    def again(rewound_module):
        rewound_module.load_state_dict(apply_masks(start, masks).module().state_dict())
        fresh = adam()(rewound_module)
        fresh.load_state_dict(optimizer.state_dict())
        return fresh

    return as_run(plain(start, again, masks, 1, mask_weights)[0]).stack


def test_one_adam_reused_across_rounds():
    """The first step of a fresh Adam moves every weight that has a gradient by the learning rate,
    whatever the gradient's size: its two averages are of one number."""
    start = stack.draw(NETS["mlp"], [0])
    masks = prune(start, rate=0.5)
    recipe = ADAM.with_(weight_decay=0.0)

    def first_step_is_fresh(after):
        moved = [(after.parameters[name] - start.parameters[name])[mask].abs()
                 for name, mask in masks.items()]
        moved = torch.cat(moved)
        moved = moved[moved > 0]
        return len(moved) > 100 and (moved - 5e-3).abs().median() < 1e-5

    assert first_step_is_fresh(fit(start, recipe, masks=masks, stop=1).stack)
    assert not first_step_is_fresh(one_adam_for_all_rounds(start, masks))


# --- the wrong weights -----------------------------------------------------------------------------

EPS = 1e-6


def freeze_small_values(when, module, masks):
    """Broken: ``tensor < EPS`` is true of every negative weight, and freezes it."""
    for name in masks:
        if when == "gradient":
            weight = module.get_parameter(name)
            weight.grad[weight.data < EPS] = 0


def freeze_small_magnitudes(when, module, masks):
    for name in masks:
        if when == "gradient":
            weight = module.get_parameter(name)
            weight.grad[weight.data.abs() < EPS] = 0


def test_freezing_what_is_below_a_threshold_without_abs():
    """Survivors learn, whatever their sign."""
    start = stack.draw(NETS["mlp"], [0])
    masks = prune(start, rate=0.5)

    def negative_survivors_learn(after):
        shares = []
        for name, mask in masks.items():
            before, now = start.parameters[name], after.parameters[name]
            shares.append((now != before)[mask & (before < 0)].float().mean().item())
        return min(shares) > 0.5

    rewound_net = apply_masks(start, masks)
    assert negative_survivors_learn(fit(start, RECIPES["plain sgd"], masks=masks).stack)
    right, _ = plain(rewound_net, sgd(), masks, 20, freeze_small_magnitudes)
    assert negative_survivors_learn(as_run(right).stack)
    broken, _ = plain(rewound_net, sgd(), masks, 20, freeze_small_values)
    assert not negative_survivors_learn(as_run(broken).stack)


def shuffles_nothing(tickets, level):
    """Broken: ``mask`` is a name of the loop, and the dictionary keeps what it had."""
    masks = dict(level.masks)
    for mask in masks.values():
        mask = mask.flatten(1)[:, torch.randperm(mask[0].numel())].view(mask.shape)  # noqa: F841
    return SimpleNamespace(masks=masks)


def test_a_shuffled_control_that_shuffles_nothing(tickets):
    level = tickets.trials[2]

    def is_a_shuffle(arm):
        masks = arm(tickets, level).masks
        return all(torch.equal(mask.sum(), level.masks[name].sum())
                   and not torch.equal(mask, level.masks[name]) for name, mask in masks.items())

    assert is_a_shuffle(our_shuffled)
    assert not is_a_shuffle(shuffles_nothing)


def cut_from_an_old_checkpoint(start, recipe):
    """Broken: reports the last step, and prunes the checkpoint that was saved before it."""
    run = fit(start, recipe, snapshots=[10])
    masks = prune(run.snapshots[10].stack, rate=0.4)
    return lottery.Trial("ticket", 0, dense(start), run), masks


def test_pruning_from_an_older_checkpoint_than_the_accuracy_reported(tickets):
    """The networks whose accuracy is in the table are the ones whose weights are cut."""
    def the_cut_is_of_what_was_reported(trial, next_masks):
        reported = trial.run.last("test_accuracy")
        cut = prune(trial.run.stack, trial.masks, rate=0.4)
        return (torch.equal(evaluate(trial.run.stack, DATA.x_test, DATA.y_test)[1], reported)
                and all(torch.equal(mask, cut[name]) for name, mask in next_masks.items()))

    for trial, after in zip(tickets.trials, tickets.trials[1:], strict=False):
        assert the_cut_is_of_what_was_reported(trial, after.masks)
    assert not the_cut_is_of_what_was_reported(
        *cut_from_an_old_checkpoint(tickets.initial, tickets.recipe))


# --- seeds -----------------------------------------------------------------------------------------

def seeded_in_the_wrong_library(net, seed):
    """Broken: torch draws the weights, and this seed is not torch's."""
    python_random.seed(seed)
    module = nets.mlp(TASK, (16, 8))
    nets.glorot_normal(module)
    return stack.from_modules([module])


class Scaled(nn.Module):
    """A layer whose parameter is drawn where it is made, and nowhere else."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(12))

    def forward(self, x):
        return x * self.scale


def test_an_initialisation_that_no_seed_controls():
    """Equal seeds give equal networks, whatever was drawn before; other seeds give others."""
    def is_controlled(draw_one):
        state = torch.get_rng_state()
        weights = []
        for seed in (1, 1, 2):
            torch.rand(5)
            weights.append(draw_one(NETS["mlp"], seed).parameters["hidden1.weight"])
        torch.set_rng_state(state)
        return torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])

    assert is_controlled(lambda net, seed: stack.draw(net, [seed]))
    assert is_controlled(lambda net, seed: stack.draw(net, [seed], nets.torch_default))
    assert not is_controlled(seeded_in_the_wrong_library)
    orphan = nn.Sequential(Scaled(), nn.Linear(12, 4))
    with pytest.raises(ValueError, match=r"no seed controls \['scale'\] of 0 \(Scaled\)"):
        search(orphan, SHORT)
