"""What is state, and what follows from it: of modules, classes and objects."""

import functools
import threading

import torch
from torch import nn

from ticketlab.nets import state


class Scaled(nn.Linear):
    factor = 2

    @functools.cached_property
    def table(self):
        return self.factor * torch.ones(3)


def test_of_a_module_only_what_was_set_is_state_and_no_tensor_of_a_run_or_cache():
    module = Scaled(2, 3)
    module.act = torch.relu
    assert module.table.sum() == 6
    assert state.of_module(module) == {"in_features": 2, "out_features": 3, "act": torch.relu}
    assert set(state.of_class(Scaled)) == {"factor", "table"}


def test_the_lists_that_an_rnn_makes_of_its_parameters_are_no_state():
    """They are its parameters once more, and a digest of them would be one of values."""
    module = nn.LSTM(2, 3)
    assert "_flat_weights" in vars(module) and "_flat_weights" not in state.of_module(module)
    assert "hidden_size" in state.of_module(module)


def test_hooks_are_told_with_how_they_are_called_whatever_was_hooked_before_them():
    found = []
    for _ in range(2):  # the second one's numbers are higher
        module = nn.Linear(2, 2)
        module.register_forward_hook(print, with_kwargs=True)
        module.register_forward_hook(repr, always_call=True)
        module.register_forward_pre_hook(len)
        found.append(list(state.hooks_of(module)))
    assert found[0] == found[1] == [("_forward_hooks", [True, False], print),
                                    ("_forward_hooks", [False, True], repr),
                                    ("_forward_pre_hooks", [False], len)]


def test_a_hook_of_all_modules_is_found_and_gone_when_it_is_removed():
    before = state.global_hooks()
    handle = nn.modules.module.register_module_forward_hook(print)
    assert print in sum(state.global_hooks(), [])
    handle.remove()
    assert state.global_hooks() == before


def test_what_pickle_cannot_take_apart_has_no_state_to_tell():
    assert state.taken_apart(threading.Lock()) is None and state.taken_apart(x for x in ()) is None
    assert state.taken_apart(functools.partial(print, 1))[0] is functools.partial
