"""What is free on this machine, and in a container with a limit."""

import psutil
import torch

from ticketlab.training.memory import free as free_memory


def test_what_is_free_is_less_in_a_container(tmp_path):
    assert free_memory._container(tmp_path) is None
    for name, text in (("max", "1000\n"), ("current", "700\n"), ("stat", "anon 5\ninactive_file 200\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert free_memory._container(tmp_path) == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory._container(tmp_path) is None


def test_the_container_and_the_machine_both_limit_and_the_smaller_one_counts(monkeypatch):
    for machine, container, free in ((60, 50, 50), (40, 50, 40), (60, None, 60)):
        monkeypatch.setattr(free_memory, "_machine", lambda size=machine: size)
        monkeypatch.setattr(free_memory, "_container", lambda size=container: size)
        assert free_memory.free_memory("cpu") == free


def test_what_torch_holds_in_reserve_on_cuda_is_free(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 1000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 70)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 30)
    assert free_memory.free_memory("cuda") == 100 + 70 - 30


def test_of_other_devices_nothing_is_claimed():
    assert free_memory.free_memory("meta") is None


def test_on_this_machine_it_is_what_new_programs_can_have():
    """Not what lies idle: the system gives its cache away when somebody needs it."""
    there = psutil.virtual_memory()
    assert 0.5 * there.available < free_memory._machine() < 2 * there.available
    assert free_memory._machine() <= there.total
