"""What was run decides whether two files tell of one experiment, and a difference is named."""

import pytest
import torch

from tests.classroom.test_results import SEEDS, file_of, one, why_not
from tests.lottery.test_iterative_pruning import SHORT, search
from tests.training.test_loop import NETS, make_data
from ticketlab import lottery, nets, stack
from ticketlab.classroom import files as class_files
from ticketlab.classroom.results import pool, write

OTHERS = {"recipe lr": {"recipe": SHORT.with_(lr=0.05)}, "levels": {"levels": 1},
          "rate": {"rate": 0.3}, "scope": {"scope": "global", "rate": 0.5},
          "rewind step": {"rewind": 3}, "net": {"net": nets.mlp(nets.Task((12,), 4), (16, 9))},
          "data": {"data": make_data(seed=1)}, "score": {"score": lambda each: each.parameters and {
              name: values.abs() for name, values in each.parameters.items()}},
          "recipe steps": {"recipe": SHORT.with_(steps="1ep")},
          "initialisation": {"net": stack.draw(NETS["mlp"], [99], nets.torch_default)}}


@pytest.mark.parametrize("field", OTHERS)
def test_another_experiment_is_left_out_and_its_difference_named(home, field):
    arguments = {"recipe": SHORT} | OTHERS[field]
    path = write(home, search(**{"seeds": [99]} | arguments))
    values = (class_files.read(each).experiment[field] for each in (path, file_of(home, 0)))
    reason = why_not(home, path)
    assert f"'{field}" in reason and "run it again as the others did" in reason
    if field not in ("net", "score", "scope", "recipe steps"):  # those come with another field
        for value in values:
            assert repr(value)[:60] in reason


def test_one_recipe_written_in_two_ways_is_one_experiment(home):
    """Steps as passes over the data, one rate for all layers or the same one by layer."""
    per_epoch = len(make_data().x_train) // SHORT.batch
    a = search(recipe=SHORT.with_(steps="2ep", drops=("50%",)), seeds=[50], rate=0.5)
    b = search(recipe=SHORT.with_(steps=2 * per_epoch, drops=(per_epoch,)), seeds=[51],
               rate={"hidden": 0.5, "output": 0.5})
    write(home / "more", a)
    write(home / "more", b)
    assert list(pool(home / "more").files) == [50, 51]


def test_a_net_with_another_forward_is_another_net(tmp_path):
    """``repr`` shows the layers alone; the code is looked at too."""
    def net(scale):
        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last, self.scale = torch.nn.Linear(12, 8), torch.nn.Linear(8, 4), scale

            def forward(self, x):
                return self.last(self.scale * self.first(x).relu())
        return Scaled()

    for seed, scale in ((0, 1.0), (1, 1.0), (2, 2.0)):
        path = write(tmp_path, search(net=net(scale), recipe=SHORT, seeds=[seed], rate=0.5))
    assert "'code of the net' is" in why_not(tmp_path, path)


def test_a_search_that_ended_early_says_so(home):
    tickets = one([99], [])[0]
    short = type(tickets)(**vars(tickets) | {"trials": tickets.trials[:2],
                                             "stopped": "the search ends before level 2 of 2: why"})
    reason = why_not(home, write(home, short))
    assert "'levels' is 1 and not 2; the search ends before level 2 of 2: why" in reason


def test_an_arm_of_another_length_of_training_is_left_out(home):
    tickets = one([99], [])[0]
    longer = lottery.controls(tickets, ["reinit"], recipe=SHORT.with_(steps=9), progress=False)
    reason = why_not(home, write(home, tickets, longer))
    assert "number of steps of arm 'reinit'" in reason and "[9] and not [6]" in reason


def test_experiments_with_as_many_files_are_a_question_and_like_answers_it(home):
    paths = [write(home, search(recipe=SHORT.with_(lr=0.05), seeds=[seed])) for seed in (20, 21, 22)]
    with pytest.raises(ValueError, match=r"several experiments.*'recipe lr' is 0\.\d+ and not 0\.\d+"
                                         r".*with like='seed-"):
        pool(home)
    with pytest.warns(UserWarning, match="of 6 files"):
        pooled = pool(home, like=paths[0].name)
    assert list(pooled.files) == [20, 21, 22] and pooled.experiment["recipe lr"] == 0.05
    with pytest.warns(UserWarning):
        assert list(pool(home, like=file_of(home, 0)).files) == SEEDS
    for wrong in ("nobody.json", home):
        with pytest.raises(ValueError, match="like is .*it is missing, or no plain file"):
            pool(home, like=wrong)
