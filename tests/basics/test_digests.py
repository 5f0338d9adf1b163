"""A digest changes with whatever differs in the tensors, and with nothing else."""

import torch

from ticketlab.basics import digest


def test_tensors_that_differ_in_anything_have_another_digest():
    zeros = torch.zeros(4)
    seen = [{"a": zeros}, {"b": zeros}, {"a": zeros.int()}, {"a": zeros.reshape(2, 2)},
            {"a": -zeros}, {"a": zeros[:3]}, {"a": zeros, "b": zeros[:0]}, {},
            {"a": zeros[:2], "b": zeros[:2]}]
    assert len({digest(tensors) for tensors in seen} | {digest({}, "note")}) == len(seen) + 1


def test_order_and_layout_in_memory_make_no_other_digest():
    table = torch.arange(6.0).view(2, 3)
    found = digest({"a": table, "b": torch.ones(1)}, "note")
    assert len(found) == 64
    assert digest({"b": torch.ones(1), "a": table}, "note") == found
    assert digest({"a": table.T.contiguous().T, "b": torch.ones(1)}, "note") == found
    assert digest({"a": table.requires_grad_(), "b": torch.ones(1)}, "note") == found
    assert digest({"a": table, "b": torch.ones(1)}, "another note") != found
