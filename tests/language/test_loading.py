"""A model, ready to read: on a tiny one, and, where it is on this machine, on the real one."""

import json

import pytest
import torch

import ticketlab as tl
from tests.language import made, numpy_llama
from ticketlab.language import finding
from ticketlab.language.loading import load


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    path = made.write_gguf(tmp_path / "smollm2-135m-tiny.gguf")
    monkeypatch.setenv("TICKETLAB_DATA", str(path))
    return load(progress=False)


def test_a_model_says_what_it_is_and_where_it_came_from(tiny):
    assert repr(tiny).startswith("Llama with 2 blocks, 61,440 prunable weights")
    assert "smollm2-135m-tiny.gguf, from TICKETLAB_DATA, checksum unknown" in tiny.origin and tiny.quantised
    assert not tiny.net.training
    assert tiny.net(tiny.tokenizer.encode("the cat")[None]).shape == (1, 5, len(made.TOKENS))


def test_both_forms_load_into_one_class(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKETLAB_DATA", str(made.write_folder(tmp_path / "smollm2-135m")))
    lm = load(progress=False)
    assert not lm.quantised and type(lm.net).__name__ == "Llama"


def test_as_a_stack_of_one_it_is_pruned_and_computes_the_same(tiny):
    stack, tokens = tiny.stack(), tiny.tokenizer.encode("the cat")[None]
    assert stack.replicates == 1 and set(tl.pruning.prunable(stack.net)) <= set(stack.parameters)
    torch.testing.assert_close(tl.stack.forward(stack, tokens, shared=True)[0], tiny.net(tokens))
    masks = tl.pruning.prune(stack, density=0.5)
    assert tl.pruning.density(masks).item() == pytest.approx(0.5, abs=1e-4)


def test_the_stack_keeps_its_weights_when_the_net_is_cut(tiny):
    stack, weight = tiny.stack(), tiny.net.layers[0].mlp.up_proj.weight
    before = stack.parameters["layers.0.mlp.up_proj.weight"].clone()
    with torch.no_grad():
        weight.zero_()
    assert torch.equal(stack.parameters["layers.0.mlp.up_proj.weight"], before)
    assert stack.parameters["embed_tokens.weight"].data_ptr() == tiny.net.embed_tokens.weight.data_ptr()


def test_too_little_memory_is_said_before_anything_is_read(tmp_path, monkeypatch):
    path = tmp_path / "smollm2-135m.gguf"
    path.write_bytes(b"never read")
    monkeypatch.setenv("TICKETLAB_DATA", str(path))
    monkeypatch.setattr("ticketlab.training.memory.free_memory", lambda device: 1_400_000_000)
    with pytest.raises(MemoryError, match="needs 2 GB .* and 1.4 GB are free; close other programs"):
        load(progress=False)


def test_the_real_model_gives_the_scores_of_an_independent_reading():
    """Stored by tests/language/numpy_llama.py from the published file: 20 tokens, in NumPy alone."""
    found = finding.find()
    if found is None or found.path.name != finding.GGUF:
        pytest.skip("the model is not on this machine: tl.language.load('smollm2-135m') downloads it")
    lm, stored = load(progress=False), json.loads(numpy_llama.STORED.read_text())
    words = "The lottery ticket hypothesis: a randomly-initialized, dense neural network contains a subnetwork that is"
    assert lm.tokenizer.encode(words).tolist() == stored["tokens"]
    with torch.no_grad():
        scores = lm.net(torch.tensor(stored["tokens"])[None])[0]
    torch.testing.assert_close(scores[:, stored["watched"]], torch.tensor(stored["scores"]), atol=2e-3, rtol=1e-4)
    assert "checksum verified" in lm.origin
