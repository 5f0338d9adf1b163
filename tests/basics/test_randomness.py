"""The random state is put back, and no accelerator is reseeded that nobody named."""

import torch

from ticketlab.basics import forked, seed

CPU = torch.device("cpu")


def test_what_is_drawn_inside_is_decided_by_the_seed_and_leaves_nothing_behind():
    before = torch.get_rng_state()
    with forked(CPU):
        seed(7, CPU)
        first = torch.rand(3)
    with forked(CPU):
        seed(7, CPU)
        assert torch.equal(torch.rand(3), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_only_the_named_device_is_touched(monkeypatch):
    def never(*_):
        raise AssertionError("an accelerator was touched")

    for name in ("manual_seed", "manual_seed_all", "get_rng_state", "set_rng_state"):
        monkeypatch.setattr(torch.cuda, name, never)
    with forked(CPU):
        seed(1, CPU)
