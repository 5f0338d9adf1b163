"""What is drawn anew for every epoch is decided by the seed and the epoch's number."""

import numpy as np
import torch

from ticketlab.training import orders
from ticketlab.training.orders import order


def test_the_order_covers_every_example_once_an_epoch_and_can_be_entered_anywhere():
    batches = list(order(23, 5, [0, 1], 0, 12))
    assert all(batch.shape == (2, 5) for batch in batches)
    for net in range(2):
        epoch = torch.cat([batch[net] for batch in batches[4:8]])
        assert len(epoch.unique()) == 20
    late = list(order(23, 5, [0, 1], 7, 12))
    assert all(torch.equal(a, b) for a, b in zip(late, batches[7:], strict=True))
    assert not torch.equal(batches[0], batches[4]), "epochs must differ"


def test_what_is_drawn_travels_to_cuda_from_pinned_memory_without_waiting(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: asked.append("pin") or self)
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *device, **how: asked.append((device, how))
                        or self)
    orders.upload(np.arange(3), torch.device("cuda", 0))
    assert asked == ["pin", ((torch.device("cuda", 0),), {"non_blocking": True})]
    orders.upload(np.arange(3), "cpu")
    assert asked[2:] == [(("cpu",), {})]
