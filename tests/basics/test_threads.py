"""Whose setting the number of threads is, and that it is put back."""

import os
import subprocess
import sys

import pytest
import torch

from ticketlab.basics import threads

SAID = "import torch; {}; from ticketlab.basics import threads; print(threads.given())"


def said(before="pass", **environment):
    """What ``given`` is in a new process."""
    own = {name: value for name, value in os.environ.items() if name not in threads.VARIABLES}
    done = subprocess.run([sys.executable, "-c", SAID.format(before)], env=own | environment,
                          capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def test_torchs_own_number_is_nobodys_setting():
    assert not said()


@pytest.mark.parametrize("variable", threads.VARIABLES)
def test_the_environment_is_the_users_setting(variable):
    assert said(**{variable: "2"})


def test_a_number_that_torch_does_not_take_by_itself_is_the_users_setting():
    assert said(f"torch.set_num_threads({max(threads._machine()) + 3})")


def test_a_number_set_later_is_the_users_setting(monkeypatch):
    monkeypatch.setattr(threads, "_GIVEN", False)
    monkeypatch.setattr(threads, "_FOUND", torch.get_num_threads() + 1)
    assert threads.given()
    monkeypatch.setattr(threads, "_FOUND", torch.get_num_threads())
    assert not threads.given()


def test_the_number_is_put_back_after_errors_too_and_counts_as_given_meanwhile(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, "_GIVEN", False)
    monkeypatch.setattr(threads, "_FOUND", before)
    with pytest.raises(ArithmeticError), threads.using(before + 2):
        assert torch.get_num_threads() == before + 2 and threads.given()
        with threads.using(before):
            assert torch.get_num_threads() == before and threads.given()
        assert torch.get_num_threads() == before + 2 and threads.given()
        raise ArithmeticError
    assert torch.get_num_threads() == before and not threads.given()
