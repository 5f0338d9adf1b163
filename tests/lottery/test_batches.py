"""Which arms are asked for, what each trains, and what trains together."""

from collections import Counter
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.lottery.test_arms import assert_close, found, same_masks
from tests.lottery.test_iterative_pruning import (
    SHORT,
    no_training,
    search,
)
from ticketlab import lottery
from ticketlab.lottery import batches
from ticketlab.lottery.arms import Start
from ticketlab.training import Snapshot


@pytest.mark.parametrize("arms, more, message", [
    (["renit"], {}, "arm is 'renit'; .*'fine_tune'.*did you mean 'reinit'.*of your own"),
    (["lr_rewind_"], {}, "arm is 'lr_rewind_'; choose one of 'ticket'"),
    (["reinit"], {"levels": [0]}, "level 0 is not among the pruned levels of this search, 1 to 2"),
    (["reinit"], {"levels": [1, 3]}, "level 3 is not among"),
    (["reinit"], {"levels": [-1]}, "level -1 is not among"),
])
def test_arms_and_levels_that_are_not_there_are_named(tickets, arms, more, message):
    with no_training(), pytest.raises(ValueError, match=message):
        lottery.controls(tickets, arms, progress=False, **more)


def test_two_arms_of_one_name_would_be_one_in_the_table(tickets):
    first, second = (lambda tickets, level: None), (lambda tickets, level: None)
    with no_training(), pytest.raises(ValueError, match="two arms are called '<lambda>'"):
        lottery.controls(tickets, [first, second], progress=False)


@pytest.mark.parametrize("together", [1, 5])
def test_how_many_train_together_changes_nothing(together):
    """And the answer is in the order of the question."""
    tickets, names = found("layer"), ["random", "fine_tune", "reinit", "untrained"]
    default = lottery.controls(tickets, names, levels=[3, 1], progress=False)
    assert [(trial.arm, trial.number) for trial in default] == [
        (name, number) for name in names for number in (3, 1)]
    other = lottery.controls(tickets, names, levels=[3, 1], progress=False, together=together)
    for a, b in zip(default, other, strict=True):
        assert (a.arm, a.number) == (b.arm, b.number) and same_masks(a.masks, b.masks)
        assert_close(a.run, b.run)


def test_an_arm_with_another_number_of_networks_cannot_be_paired():
    def half(tickets, level):
        return Start(tickets.initial[:1], {name: mask[:1] for name, mask in level.masks.items()})

    with pytest.raises(ValueError, match="arm 'half' gives 1 networks at level 2; the search has 3"):
        lottery.controls(found("layer"), [half], levels=[2], progress=False)


def test_an_arm_that_would_empty_a_layer_is_named_with_its_level():
    tickets = search(recipe=SHORT, levels=1, rate=0.6, scope="global")
    faint = tickets.trials[0].run.stack.clone()
    faint.parameters["output.weight"] *= 1e-9
    first = tickets.trials[0]
    first = first._replace(run=replace(first.run, end=Snapshot(faint, 6)))
    tickets = replace(tickets, trials=[first, tickets.trials[1]])
    with pytest.raises(ValueError, match="arm 'one_shot' cannot be made at level 1: layer 'output'"):
        lottery.controls(tickets, ["one_shot"], progress=False)


ASKED = st.lists(st.tuples(
    st.sampled_from(["reinit", "signs", "random"]), st.sampled_from([0, 3]), st.booleans(),
    st.sampled_from([SHORT, SHORT.with_(lr=0.2)]), st.sampled_from([5, 6])), max_size=25)


@given(ASKED, st.integers(0, 12))
def test_stacks_hold_everything_once_within_the_limit_and_only_what_can_train_together(asked, limit):
    entries = [batches.Asked(arm, number, Start(Snapshot(None, step, {} if state else None), {},
                                                recipe, stop))
               for number, (arm, step, state, recipe, stop) in enumerate(asked)]

    def key(entry):
        start = entry.start
        return start.moment.step, start.moment.optimizer is None, start.recipe, start.stop

    stacks = batches.batches(entries, limit)
    assert sorted(entry.number for batch in stacks for entry in batch) == list(range(len(asked)))
    for batch in stacks:
        assert 1 <= len(batch) <= max(1, limit)
        assert len({key(entry) for entry in batch}) == 1
    sizes = Counter((key(entry), entry.arm) for entry in entries)
    for kind, size in sizes.items():
        homes = [batch for batch in stacks
                 if any((key(entry), entry.arm) == kind for entry in batch)]
        if size <= limit:
            assert len(homes) == 1, "an arm that fits into one stack stays in one"
    for alike in {key(entry) for entry in entries}:
        own = [batch for batch in stacks if key(batch[0]) == alike]
        assert all(len(one) + len(two) > limit for one, two in zip(own, own[1:], strict=False)
                   if {entry.arm for entry in one}.isdisjoint(entry.arm for entry in two))


def test_what_stands_on_disk_can_be_read():
    entries = [batches.Asked(arm, number, None)
               for arm in ("reinit", "signs") for number in (12, 4)]
    assert batches.name(entries) == "reinit-signs-levels-04-12"


def test_each_arm_may_have_levels_of_its_own_and_all_still_train_together():
    """What a lesson asks for in one call; as if each arm had been asked for alone."""
    tickets = found("layer")
    trials = lottery.controls(tickets, {"reinit": [1, 3], "random": [2]}, progress=False)
    assert [(trial.arm, trial.number) for trial in trials] == [
        ("reinit", 1), ("reinit", 3), ("random", 2)]
    alone = lottery.controls(tickets, ["random"], levels=[2], progress=False)
    torch.testing.assert_close(trials[2].run.curves["test_loss"], alone[0].run.curves["test_loss"])
    with pytest.raises(ValueError, match="level 4 is not among the pruned levels"):
        lottery.controls(tickets, {"reinit": [1], "random": [4]}, progress=False)
    assert [t.arm for t in lottery.controls(tickets, "untrained", levels=[1], progress=False)] == [
        "untrained"]
