"""Healing: the mask is held, the loss falls, and afterwards the net is what it was."""

import pytest
import torch

import ticketlab as tl
from tests.language import made
from ticketlab.language import heal, load, text_loss


@pytest.fixture
def dense(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(made.write_gguf(tmp_path / "smollm2-135m-tiny.gguf")))
    return load(progress=False).stack()


@pytest.fixture
def texts():
    one = torch.randint(1, 90, (1, 30), generator=torch.Generator().manual_seed(0))
    return one.expand(25, -1)


def test_the_loss_falls_under_the_mask_and_the_net_is_dense_afterwards(dense, texts):
    before = {name: p.detach().clone() for name, p in dense.net.named_parameters()}
    masks = tl.pruning.prune(dense, density=0.5)

    def measure(net):
        assert all((net.get_parameter(name)[~mask[0]] == 0).all() for name, mask in masks.items())
        moved = [name for name, p in net.named_parameters() if not torch.equal(p, before[name])]
        return text_loss(net, texts[0]), set(moved)

    found = heal(dense, masks, texts, measure, at=(0, 5, 25), lr=3e-3, progress=False)
    losses = [loss for loss, _ in found.values()]
    assert list(found) == [0, 5, 25] and losses[0] > losses[1] > losses[2] and losses[2] < 0.8 * losses[0]
    trained = found[25][1]
    assert "norm.weight" in trained and "layers.0.mlp.up_proj.weight" in trained
    assert "embed_tokens.weight" not in trained
    assert all(torch.equal(p, before[name]) and p.requires_grad and p.grad is None
               for name, p in dense.net.named_parameters())


def test_it_is_undone_after_an_error_too(dense, texts):
    before = {name: p.detach().clone() for name, p in dense.net.named_parameters()}

    def stop(net):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        heal(dense, tl.pruning.prune(dense, density=0.5), texts, stop, at=(3,), progress=False)
    assert all(torch.equal(p, before[name]) for name, p in dense.net.named_parameters())


def test_texts_and_steps_that_do_not_fit_are_named(dense, texts):
    masks = tl.masks.dense(dense)
    with pytest.raises(ValueError, match=r"texts is \(30,\); it must be \[steps, T\]"):
        heal(dense, masks, texts[0], text_loss)
    with pytest.raises(ValueError, match=r"at is \[26\]; there are 25 texts"):
        heal(dense, masks, texts, text_loss, at=(26,))
