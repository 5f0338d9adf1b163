"""What is free on this machine, and in a container with a limit."""

import torch

from ticketlab.training.memory import free as free_memory


def test_what_is_free_is_less_in_a_container(tmp_path):
    assert free_memory.free_memory("cpu") is None or free_memory.free_memory("cpu") > 0
    table = tmp_path / "meminfo"
    table.write_text("MemTotal: 100 kB\nMemFree: 20 kB\nMemAvailable: 60 kB\n")
    assert free_memory._machine(table) == 60 * 1024
    assert free_memory._container(tmp_path) is None
    for name, text in (("max", "1000\n"), ("current", "700\n"), ("stat", "anon 5\ninactive_file 200\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert free_memory._container(tmp_path) == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory._container(tmp_path) is None


def test_the_container_and_the_machine_both_limit_and_the_smaller_one_counts(monkeypatch):
    for machine, container, free in ((60, 50, 50), (40, 50, 40), (60, None, 60), (None, 50, 50),
                                     (None, None, None)):
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


def test_a_system_without_such_a_table_is_asked_for_its_pages(tmp_path, monkeypatch):
    pages = {"SC_AVPHYS_PAGES": 7, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(free_memory.os, "sysconf", pages.__getitem__, raising=False)
    assert free_memory._machine(tmp_path / "none") == 7 * 4096
    monkeypatch.delattr(free_memory.os, "sysconf")  # Windows
    assert free_memory._machine(tmp_path / "none") is None
