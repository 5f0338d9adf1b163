"""Weights on disk: both forms give one model, which is what the file says; what does not fit is named."""

from dataclasses import replace

import gguf
import numpy as np
import pytest
import torch

from tests.language import made, numpy_llama
from ticketlab.language.llama import Llama
from ticketlab.language.weight_files import read_folder, read_gguf

TOKENS = [95, 1, 97, 40, 41, 42, 7, 97, 12]


def scores(weights):
    net = Llama(weights.size)
    net.load_state_dict(weights.tensors)
    with torch.no_grad():
        return net(torch.tensor(TOKENS)[None])[0]


def test_a_file_is_read_as_gguf_itself_dequantises_it(tmp_path):
    path = made.write_gguf(tmp_path / "tiny.gguf")
    found = read_gguf(path)
    own = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    assert len(found.tensors) == len(own)
    for name, layer in (("ffn_down", "mlp.down_proj"), ("attn_v", "self_attn.v_proj")):
        np.testing.assert_array_equal(found.tensors[f"layers.1.{layer}.weight"], own[f"blk.1.{name}.weight"])
    np.testing.assert_array_equal(found.tensors["embed_tokens.weight"], own["token_embd.weight"])


@pytest.mark.parametrize("quantised", [True, False])
def test_the_net_computes_what_an_independent_reading_computes(tmp_path, quantised):
    """The other one is NumPy, and turns neighbouring channels as llama.cpp does."""
    path = made.write_gguf(tmp_path / "tiny.gguf", quantised=quantised)
    np.testing.assert_allclose(scores(read_gguf(path)), numpy_llama.scores(path, TOKENS), atol=2e-5)


def test_a_folder_of_the_hub_and_a_file_are_one_model(tmp_path):
    folder, file = made.write_folder(tmp_path / "hub"), made.write_gguf(tmp_path / "a.gguf", quantised=False)
    one, two = read_folder(folder), read_gguf(file)
    for name, values in two.tensors.items():
        assert torch.equal(one.tensors[name], values), name
    assert two.size.epsilon == pytest.approx(one.size.epsilon), "GGUF keeps it in single precision"
    assert replace(two.size, epsilon=one.size.epsilon) == one.size
    assert (one.vocabulary, one.merges, one.special) == (two.vocabulary, two.merges, two.special)


# ---- what does not fit ----


@pytest.mark.parametrize("share", [0.001, 0.3, 0.95])
def test_a_truncated_file_is_named_as_such(tmp_path, share):
    path = made.write_gguf(tmp_path / "tiny.gguf")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="tiny.gguf is no whole GGUF file .* truncated"):
        read_gguf(path)


@pytest.mark.parametrize("options, message", [
    ({"architecture": "qwen2"}, "general.architecture = 'qwen2'; ticketlab reads 'llama'"),
    ({"tokenizer": "llama-bpe"}, "tokenizer.ggml.pre = 'llama-bpe'; ticketlab reads 'smollm'"),
    ({"without": ["head_count_kv"]}, "does not say its llama.attention.head_count_kv"),
])
def test_another_gguf_is_refused_by_what_differs(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        read_gguf(made.write_gguf(tmp_path / "other.gguf", **options))


def test_tensors_that_do_not_fit_are_named(tmp_path):
    arrays = made.tensors()
    for name, change, message in (
            ("blk.1.attn_q.weight", None, "lacks 'layers.1.self_attn.q_proj.weight'"),
            ("blk.1.attn_q.bias", np.zeros(64, np.float32), "has a tensor 'blk.1.attn_q.bias'|has 'layers.1.self_attn.q_proj.bias'"),
            ("output.weight", np.zeros((8, 64), np.float32), "has a tensor 'output.weight', which SmolLM2 has not"),
            ("blk.0.ffn_up.weight", np.zeros((64, 64), np.float32), r"as \(64, 64\), and its own numbers say \(96, 64\)"),
            ("blk.0.ffn_norm.weight", np.full(64, np.nan, np.float32), "not finite")):
        own = {k: v for k, v in (arrays | {name: change}).items() if v is not None}
        with pytest.raises(ValueError, match=message):
            read_gguf(made.write_gguf(tmp_path / "odd.gguf", own))


@pytest.mark.parametrize("config, message", [
    ({"model_type": "mistral"}, "model_type = 'mistral'; ticketlab reads 'llama'"),
    ({"tie_word_embeddings": False}, "tie_word_embeddings = False"),
    ({"rope_scaling": {"factor": 8}}, "rope_scaling"),
    ({"rope_theta": None}, "does not say its rope_theta"),
    ({"hidden_size": 128}, r"as \(99, 64\), and its own numbers say \(99, 128\)|and its own numbers say"),
])
def test_a_folder_of_another_architecture_is_refused_by_what_differs(tmp_path, config, message):
    with pytest.raises(ValueError, match=message):
        read_folder(made.write_folder(tmp_path / "hub", **config))


def test_a_folder_that_is_not_whole_says_what_belongs_there(tmp_path):
    folder = made.write_folder(tmp_path / "hub")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match="model.safetensors cannot be read .* truncated"):
        read_folder(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ValueError, match="holds config.json, tokenizer.json and model.safetensors"):
        read_folder(folder)
