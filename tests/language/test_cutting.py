"""Cuts in place: the net computes under the mask, and is dense again afterwards, bit for bit."""

import pytest
import torch

import ticketlab as tl
from tests.language import made
from ticketlab.language import cutting
from ticketlab.language.loading import load


@pytest.fixture
def lm(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(made.write_gguf(tmp_path / "smollm2-135m-tiny.gguf")))
    return load(progress=False)


@pytest.fixture
def tokens():
    return torch.randint(1, 90, (3, 30), generator=torch.Generator().manual_seed(0))


def test_the_net_computes_under_the_masks_and_is_dense_afterwards(lm, tokens):
    dense = lm.stack()
    before = {name: p.detach().clone() for name, p in lm.net.named_parameters()}
    masks = tl.pruning.prune(dense, density=0.5, score=tl.pruning.wanda(tokens), scope="row")
    with cutting.cut(dense, masks) as net:
        inside = net(tokens)
        expected = tl.stack.forward(tl.masks.apply_masks(dense, masks), tokens, shared=True)[0]
        torch.testing.assert_close(inside, expected)
        again = tl.pruning.prune(dense, density=0.5, score=tl.pruning.magnitude)
    assert all(torch.equal(p, before[name]) for name, p in lm.net.named_parameters())
    fresh = tl.pruning.prune(dense, density=0.5, score=tl.pruning.magnitude)
    assert all(torch.equal(again[name], fresh[name]) for name in fresh), "scores must read the dense weights"


def test_a_cut_is_undone_after_an_error_too(lm):
    dense = lm.stack()
    weight = lm.net.layers[0].mlp.up_proj.weight
    before = weight.detach().clone()
    with pytest.raises(KeyboardInterrupt), cutting.cut(dense, tl.pruning.prune(dense, density=0.5)):
        assert not torch.equal(weight, before)
        raise KeyboardInterrupt
    assert torch.equal(weight, before)


def test_one_kind_or_one_block_alone(lm):
    dense = lm.stack()
    masks = tl.pruning.prune(dense, density=0.5)
    for what, chosen in (({"kind": "gate"}, lambda name: "gate" in name), ({"block": 1}, lambda name: ".1." in name)):
        for name, mask in cutting.only(dense, masks, **what).items():
            assert torch.equal(mask, masks[name]) if chosen(name) else mask.all()
    for what, message in (({"kind": "head"}, "kind is 'head'; this net has"), ({"block": 2}, "blocks 0 to 1")):
        with pytest.raises(ValueError, match=message):
            cutting.only(dense, masks, **what)


def test_sparse_gpt_block_by_block_leaves_the_net_and_beats_magnitude(lm, tokens):
    dense = lm.stack()
    before = {name: p.detach().clone() for name, p in lm.net.named_parameters()}
    outputs = lm.net(tokens)
    made_good = cutting.reconstruct_blocks(dense, tokens, 0.5, progress=False)
    assert all(torch.equal(p, before[name]) for name, p in lm.net.named_parameters())
    assert set(made_good) == set(tl.pruning.prunable(lm.net))
    assert all((w == 0).float().mean().item() == pytest.approx(0.5, abs=0.01) for w in made_good.values())
    with torch.no_grad():
        with cutting.with_weights(dense, made_good) as net:
            ours = (net(tokens) - outputs).square().mean()
        with cutting.cut(dense, tl.pruning.prune(dense, density=0.5)) as net:
            theirs = (net(tokens) - outputs).square().mean()
    assert ours < theirs
    pattern = cutting.reconstruct_blocks(dense, tokens, pattern=(2, 4), progress=False)
    assert all((w.reshape(-1, 4) != 0).sum(1).max() == 2 for w in pattern.values())
    with pytest.raises(ValueError, match="no calibration texts"):
        cutting.reconstruct_blocks(dense, tokens[:0], 0.5)


def test_a_block_is_made_good_for_what_the_cut_ones_before_it_give(lm, tokens):
    """The inputs of block 1 are measured after block 0 was cut, as in the paper."""
    dense = lm.stack()
    found = cutting.reconstruct_blocks(dense, tokens, 0.5, progress=False)
    first = {name: w for name, w in found.items() if cutting.block_of(name) == 0}
    name = "layers.1.self_attn.q_proj.weight"
    seen = {}
    with cutting.with_weights(dense, first) as net, torch.no_grad(), \
            tl.pruning.listening(net, [name], lambda own, x: seen.__setitem__(own, x.T @ x)):
        net(tokens)
    torch.testing.assert_close(tl.pruning.sparse_gpt(dense.parameters[name][0], seen[name], 0.5)[0], found[name])


def test_the_residual_stream_is_what_the_blocks_leave(lm, tokens):
    stream = cutting.residual_stream(lm.net, tokens[0])
    assert stream.shape == (2, 30, 64) and not stream.requires_grad
    with torch.no_grad():
        first = lm.net.layers[0](lm.net.embed_tokens(tokens[:1]))
        torch.testing.assert_close(stream[0], first[0])
        scores = lm.net.norm(stream[1]) @ lm.net.embed_tokens.weight.T
        torch.testing.assert_close(scores, lm.net(tokens[:1])[0])
    with pytest.raises(ValueError, match=r"tokens is \(3, 30\); give one text"):
        cutting.residual_stream(lm.net, tokens)


def test_the_most_likely_tokens_are_written(lm):
    text = cutting.go_on(lm.net, lm.tokenizer, "the cat", 3)
    tokens = lm.tokenizer.encode("the cat")
    with torch.no_grad():
        for _ in range(3):
            tokens = torch.cat([tokens, lm.net(tokens[None])[0, -1].argmax()[None]])
    assert "the cat" + text == lm.tokenizer.decode(tokens)
