"""What every search begins with: its networks, its rewind step, and what it refuses."""

import pytest
from torch import nn

from tests.lottery.test_iterative_pruning import SHORT, assert_same_run, no_training, search
from tests.lottery.test_known_bugs import Scaled
from tests.training.test_loop import NETS, TASK, fit
from ticketlab import lottery, nets, stack
from ticketlab.pruning import ladder


def test_networks_that_exist_already_are_searched_as_they_are():
    drawn = stack.draw(NETS["mlp"], [8, 9], initialise=nets.torch_default)
    tickets = search(drawn, SHORT, seeds=[5, 6])
    assert tickets.initial is drawn and tickets.seeds == [5, 6]
    assert_same_run(tickets.trials[0].run, fit(drawn, SHORT, order_seeds=[5, 6]))


def test_a_rate_that_changes_nothing_at_this_size_is_refused_before_anything_is_trained():
    with no_training():
        with pytest.raises(ValueError, match="level 1 would remove nothing: at density 1 the rate is "
                                             "less than half a weight of every layer.*0 levels"):
            search(rate=1e-4)
        with pytest.raises(ValueError, match="level 21 would remove nothing.*raise it, or ask for 20"):
            search(nets.mlp(TASK, ()), rate=0.1, levels=60)
    initial = stack.draw(nets.mlp(TASK, ()), [0])
    steps = ladder(initial, 0.1, 21)
    assert steps[19] > steps[20] == steps[21]


@pytest.mark.parametrize("arguments, message", [
    ({"rewind": 40}, "rewind is 40, which is step 40, and the recipe trains for 40 steps"),
    ({"rewind": "100%"}, "rewind is '100%', which is step 40.*rewind to an earlier step"),
    ({"rewind": "6ep"}, "which is step 42"),
    ({"rewind": -1}, "-1 is not a number of steps"),
    ({"rewind": "early"}, "'early' is not a number of steps"),
    ({"seeds": []}, "seeds is empty"),
    ({"seeds": [1, -1]}, "-1"),
    ({"rate": {"hiden": 0.2, "output": 0.1}}, "did you mean 'hidden'"),
    ({"scope": "model"}, "scope is 'model'"),
    ({"net": stack.draw(NETS["mlp"], [0, 1]), "seeds": [1]}, "1 seeds for 2 networks"),
])
def test_arguments_that_do_not_fit_are_refused_before_anything_is_trained(arguments, message):
    with pytest.raises(ValueError, match=message):
        search(**arguments)


def test_a_stack_that_cannot_be_drawn_anew_is_searched_and_refused_only_by_arms_that_draw():
    given = stack.from_modules([nn.Sequential(Scaled(), nn.Linear(12, 4)) for _ in range(2)])
    with pytest.warns(UserWarning, match=r"'reinit' and 'signs' cannot be made.*no seed controls"):
        tickets = search(given, SHORT, levels=1, rate=0.5)
    assert len(lottery.controls(tickets, ["shuffled", "random"], progress=False)) == 2
    with no_training():
        for arm in ("reinit", "signs"):
            with pytest.raises(ValueError, match=r"no seed controls \['scale'\] of 0 \(Scaled\)"):
                lottery.controls(tickets, ["shuffled", arm], progress=False)
