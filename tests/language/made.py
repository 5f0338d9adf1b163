"""A tiny Llama on disk, as GGUF and as a Hugging Face folder: what tests need no download for."""

import json

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

SIZE = {"width": 64, "blocks": 2, "hidden": 96, "queries": 4, "keys": 2, "context": 32}
# every byte has a letter of its own in byte-level BPE; these are those of printable ASCII and the space
LETTERS = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
MERGES = ["t h", "th e", "Ġ the"]
TOKENS = ["<|endoftext|>", *LETTERS, "th", "the", "Ġthe"]
GGUF_NAMES = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
              "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
              "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
              "ffn_down": "mlp.down_proj"}


def tensors(seed=0):
    """Float32 arrays by their GGUF names, in llama.cpp's order of rotary channels."""
    draw = np.random.default_rng(seed)
    width, hidden, head = SIZE["width"], SIZE["hidden"], SIZE["width"] // SIZE["queries"]
    shapes = {"attn_q": (width, width), "attn_k": (SIZE["keys"] * head, width),
              "attn_v": (SIZE["keys"] * head, width), "attn_output": (width, width),
              "ffn_gate": (hidden, width), "ffn_up": (hidden, width), "ffn_down": (width, hidden)}
    made = {"token_embd.weight": draw.normal(size=(len(TOKENS), width)),
            "output_norm.weight": draw.uniform(0.5, 1.5, width)}
    for block in range(SIZE["blocks"]):
        made |= {f"blk.{block}.{name}.weight": draw.normal(size=shape) / shape[1] ** 0.5
                 for name, shape in shapes.items()}
        made |= {f"blk.{block}.{name}.weight": draw.uniform(0.5, 1.5, width)
                 for name in ("attn_norm", "ffn_norm")}
    return {name: values.astype(np.float32) for name, values in made.items()}


def write_gguf(path, arrays=None, quantised=True, architecture="llama", without=(), tokenizer="smollm"):
    """Linear layers as Q4_1 and the embedding as Q8_0, as in the published file."""
    arrays = tensors() if arrays is None else arrays
    writer = gguf.GGUFWriter(path, architecture)
    counts = {"block_count": SIZE["blocks"], "embedding_length": SIZE["width"], "context_length": SIZE["context"],
              "feed_forward_length": SIZE["hidden"], "head_count": SIZE["queries"], "head_count_kv": SIZE["keys"]}
    for name, value in counts.items():
        if name not in without:
            getattr(writer, f"add_{name}")(value)
    writer.add_rope_freq_base(100.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(tokenizer)
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] + [1] * (len(TOKENS) - 1))
    writer.add_token_merges(MERGES)
    for name, values in arrays.items():
        kind = gguf.GGMLQuantizationType.Q8_0 if name == "token_embd.weight" else gguf.GGMLQuantizationType.Q4_1
        if quantised and values.ndim == 2 and values.shape[1] % 32 == 0:
            writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_folder(folder, **config):
    """The same model unquantised, as the hub has it."""
    folder.mkdir(exist_ok=True)
    head, own = SIZE["width"] // SIZE["queries"], {}
    for name, values in tensors().items():
        stem = name.removesuffix(".weight")
        if stem.startswith("blk."):
            _, block, layer = stem.split(".")
            if layer in ("attn_q", "attn_k"):  # from neighbours to half a head apart
                values = np.concatenate([rows[part::2] for rows in np.split(values, len(values) // head)
                                         for part in (0, 1)])
            stem = f"layers.{block}.{GGUF_NAMES[layer]}"
        else:
            stem = {"token_embd": "embed_tokens", "output_norm": "norm"}[stem]
        own[f"model.{stem}.weight"] = torch.from_numpy(np.ascontiguousarray(values))
    save_file(own, folder / "model.safetensors")
    said = {"model_type": "llama", "tie_word_embeddings": True, "hidden_act": "silu",
            "vocab_size": len(TOKENS), "hidden_size": SIZE["width"], "num_hidden_layers": SIZE["blocks"],
            "intermediate_size": SIZE["hidden"], "num_attention_heads": SIZE["queries"],
            "num_key_value_heads": SIZE["keys"], "rms_norm_eps": 1e-5, "rope_theta": 100.0,
            "max_position_embeddings": SIZE["context"]} | config
    (folder / "config.json").write_text(json.dumps(said))
    (folder / "tokenizer.json").write_text(json.dumps({
        "added_tokens": [{"id": 0, "content": TOKENS[0]}],
        "model": {"type": "BPE", "vocab": {token: n for n, token in enumerate(TOKENS)}, "merges": MERGES}}))
    return folder
