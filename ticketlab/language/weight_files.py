"""Weights of a Llama on disk, as one GGUF file or as a Hugging Face folder, read into one form.

Both give a ``Weights``: the model's size, its tensors under the names of ``llama``, and what the
tokenizer is made of. Nothing is guessed: what this file does not know is an error that names it.
Lesson 10 builds on it.
"""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ticketlab.language.llama import Llama, Size

_LAYERS = {  # what GGUF calls a block's tensors
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj"}
_ENDS = {"token_embd": "embed_tokens", "output_norm": "norm"}


class Weights(NamedTuple):
    """size: of the model. tensors: name -> float32. vocabulary: the tokens, by number; merges: pairs
    that make tokens, first come first served, as byte-level BPE writes them; special: numbers of the
    tokens that no text contains."""

    size: Size
    tensors: dict[str, Tensor]
    vocabulary: list[str]
    merges: list[str]
    special: list[int]


def read_gguf(path: Path) -> Weights:
    """A GGUF file of a Llama with tied embeddings, dequantised to float32.

    Raises ImportError without the package ``gguf``, and ValueError, saying what differs, for a file
    that is truncated, damaged or of another architecture.
    """
    try:
        from gguf import GGUFReader, dequantize
    except ImportError as error:
        raise ImportError("to read a GGUF file the package gguf is needed: "
                          "pip install 'ticketlab[language]'") from error
    try:
        reader = GGUFReader(path)
    except Exception as error:  # noqa: BLE001 - whatever numpy and struct raise on foreign bytes
        raise ValueError(f"{path} is no whole GGUF file ({type(error).__name__}: {error}); it may be "
                         "truncated: delete it and load again, or replace it") from error
    fields = {name: field.contents() for name, field in reader.fields.items()}
    size = _gguf_size(path, fields)
    tensors = {}
    for tensor in reader.tensors:
        name = _gguf_name(path, tensor.name)
        try:
            values = torch.from_numpy(np.require(dequantize(tensor.data, tensor.tensor_type),
                                                 requirements=["C", "W"]))
        except Exception as error:  # noqa: BLE001 - as above
            raise ValueError(f"{path} holds {tensor.name!r} in a form that cannot be read "
                             f"({type(error).__name__}: {error})") from error
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            # llama.cpp stores the two channels of a rotary pair side by side; here and on the hub
            # they stand half a head apart
            values = values.view(-1, size.head // 2, 2, size.width).transpose(1, 2).reshape(values.shape)
        tensors[name] = values
    _check(path, size, tensors)
    kinds = fields["tokenizer.ggml.token_type"]
    return Weights(size, tensors, fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.merges"],
                   [number for number, kind in enumerate(kinds) if kind == 3])


def _gguf_size(path: Path, fields: dict) -> Size:
    needed = {"width": "embedding_length", "blocks": "block_count", "hidden": "feed_forward_length",
              "queries": "attention.head_count", "keys": "attention.head_count_kv",
              "base": "rope.freq_base", "epsilon": "attention.layer_norm_rms_epsilon",
              "context": "context_length"}
    tokens = "tokenizer.ggml.tokens"
    found = _said(path, fields, "GGUF file of SmolLM2", {
        "general.architecture": "llama", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm"},
        {own: f"llama.{name}" for own, name in needed.items()}
        | {name: name for name in (tokens, "tokenizer.ggml.merges", "tokenizer.ggml.token_type")})
    return Size(tokens=len(found[tokens]), **{own: found[own] for own in needed})


def _said(path: Path, said: dict, what: str, wanted: dict, needed: dict) -> dict:
    """What a file says under each name that is ``needed``; raises ValueError if it does not, or does not
    say what is ``wanted``. what: the file should be."""
    for name, value in wanted.items():
        if said.get(name) != value:
            raise ValueError(f"{path} has {name} = {said.get(name)!r}; ticketlab reads {value!r}, "
                             f"which SmolLM2 has. Give a {what}")
    missing = [name for name in needed.values() if said.get(name) is None]
    if missing:
        raise ValueError(f"{path} does not say its {', '.join(missing)}; give a whole {what}")
    return {own: said[name] for own, name in needed.items()}


def _gguf_name(path: Path, name: str) -> str:
    stem, _, tensor = name.rpartition(".")
    if stem in _ENDS:
        return f"{_ENDS[stem]}.{tensor}"
    parts = stem.split(".")
    if len(parts) == 3 and parts[0] == "blk" and parts[2] in _LAYERS:
        return f"layers.{parts[1]}.{_LAYERS[parts[2]]}.{tensor}"
    raise ValueError(f"{path} has a tensor {name!r}, which SmolLM2 has not (its embeddings are "
                     "tied, and it has no biases); give a GGUF file of SmolLM2")


def read_folder(folder: Path) -> Weights:
    """A Hugging Face folder of a Llama with tied embeddings: ``config.json``, ``tokenizer.json`` and
    ``model.safetensors``, whose values become float32.

    Raises ValueError, saying what differs, for another architecture and for files that do not fit.
    """
    config, tokenizer = (_json(folder / name) for name in ("config.json", "tokenizer.json"))
    size = _hub_size(folder / "config.json", config)
    from safetensors.torch import load_file

    path = folder / "model.safetensors"
    try:
        found = load_file(path)
    except Exception as error:  # noqa: BLE001 - its own error, or that of the system
        raise ValueError(f"{path} cannot be read ({type(error).__name__}: {error}); it may be truncated: "
                         "replace it") from error
    tensors = {name.removeprefix("model."): values.float() for name, values in found.items()
               if name != "lm_head.weight"}
    _check(path, size, tensors)
    model = tokenizer.get("model", {})
    if model.get("type") != "BPE":
        raise ValueError(f"{folder / 'tokenizer.json'} is of type {model.get('type')!r}; SmolLM2's "
                         f"is 'BPE'")
    special = {each["id"]: each["content"] for each in tokenizer.get("added_tokens", ())}
    numbers = {number: token for token, number in model["vocab"].items()} | special
    if sorted(numbers) != list(range(size.tokens)):
        raise ValueError(f"{folder / 'tokenizer.json'} has {len(numbers):,} tokens, and the model "
                         f"{size.tokens:,}; they are of different models")
    merges = [each if isinstance(each, str) else " ".join(each) for each in model["merges"]]
    return Weights(size, tensors, [numbers[number] for number in range(size.tokens)], merges,
                   sorted(special))


def _hub_size(path: Path, config: dict) -> Size:
    base = config.get("rope_theta", (config.get("rope_parameters") or {}).get("rope_theta"))
    said = config | {"rope_theta": base, "rope_scaling": config.get("rope_scaling") or None}
    found = _said(path, said, "folder of SmolLM2-135M", {
        "model_type": "llama", "tie_word_embeddings": True, "hidden_act": "silu", "rope_scaling": None}, {
        "tokens": "vocab_size", "width": "hidden_size", "blocks": "num_hidden_layers",
        "hidden": "intermediate_size", "queries": "num_attention_heads", "keys": "num_key_value_heads",
        "epsilon": "rms_norm_eps", "context": "max_position_embeddings", "base": "rope_theta"})
    return Size(**found | {"base": float(base)})


def _json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({type(error).__name__}: {error}); a Hugging Face "
                         "folder holds config.json, tokenizer.json and model.safetensors") from error


def _check(path: Path, size: Size, tensors: dict[str, Tensor]) -> None:
    """Every tensor of the model is there, in its shape and finite, and no other."""
    with torch.device("meta"):
        wanted = {name: tuple(values.shape) for name, values in Llama(size).state_dict().items()}
    for name in [*wanted, *tensors]:
        if name not in tensors:
            problem = f"lacks {name!r}"
        elif name not in wanted:
            problem = f"has {name!r}, which SmolLM2 has not"
        elif tuple(tensors[name].shape) != wanted[name]:
            problem = (f"has {name!r} as {tuple(tensors[name].shape)}, and its own numbers say "
                       f"{wanted[name]}")
        elif not math.isfinite(tensors[name].sum().item()):
            problem = f"has values in {name!r} that are not finite"
        else:
            continue
        raise ValueError(f"{path} {problem}; give a whole file of SmolLM2-135M")
