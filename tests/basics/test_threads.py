"""Whose setting the number of threads is, and that it is put back."""

import json
import os
import subprocess
import sys

import pytest
import torch

from ticketlab.basics import threads

# what ``given`` says, in a new process as it is, and read anew under each setting: importing torch takes seconds
SAID = """
import importlib, json, os, torch
from ticketlab.basics import threads
said = {"nothing": threads.given()}
for name in threads.VARIABLES:
    os.environ[name] = "2"
    said[name] = importlib.reload(threads).given()
    del os.environ[name]
said["put back"] = importlib.reload(threads).given()
torch.set_num_threads(max(threads._machine()) + 3)
said["another number"] = importlib.reload(threads).given()
print(json.dumps(said))
"""


def test_the_environment_and_a_number_that_torch_does_not_take_by_itself_are_the_users_setting():
    own = {name: value for name, value in os.environ.items() if name not in threads.VARIABLES}
    said = subprocess.run([sys.executable, "-c", SAID], env=own, capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == {"nothing": False, "OMP_NUM_THREADS": True, "MKL_NUM_THREADS": True, "put back": False,
                                "another number": True}


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
