"""A second reading of a GGUF file, in NumPy alone, after llama.cpp: rotary pairs are neighbours.

`python -m tests.language.numpy_llama FILE` writes smollm2_scores.json: the scores that it gives to eight
tokens after each of twenty. test_loading compares the library's with them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGUFReader, dequantize

STORED = Path(__file__).parent / "smollm2_scores.json"
# "The lottery ticket hypothesis: a randomly-initialized, dense neural network contains a subnetwork that is"
TOKENS = [504, 24360, 19574, 9704, 42, 253, 15418, 29, 11673, 1005, 28, 10395, 8844, 3082, 3593, 253, 840, 13118, 338, 314]
WATCHED = [0, 28, 253, 260, 3082, 8844, 19574, 49151]


def scores(path, tokens):
    reader = GGUFReader(path)
    w = {t.name: dequantize(t.data, t.tensor_type) for t in reader.tensors}
    said = {name: field.contents() for name, field in reader.fields.items()}
    heads, keys = said["llama.attention.head_count"], said["llama.attention.head_count_kv"]
    width, epsilon = said["llama.embedding_length"], said["llama.attention.layer_norm_rms_epsilon"]
    head, length = width // heads, len(tokens)
    angle = np.outer(np.arange(length), said["llama.rope.freq_base"] ** (-np.arange(0, head, 2) / head))
    turn = np.exp(1j * angle)

    def norm(x, scale):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * scale

    def rotated(x):  # [T, heads, head]: neighbours are the two parts of a complex number
        z = (x[..., 0::2] + 1j * x[..., 1::2]) * turn[:, None]
        return np.stack([z.real, z.imag], -1).reshape(x.shape)

    x = w["token_embd.weight"][tokens].astype(np.float64)
    for block in range(said["llama.block_count"]):
        own = {name.split(".", 2)[2].removesuffix(".weight"): v for name, v in w.items()
               if name.startswith(f"blk.{block}.")}
        h = norm(x, own["attn_norm"])
        q, k, v = (h @ own[f"attn_{part}"].T for part in "qkv")
        q, k = rotated(q.reshape(length, heads, head)), rotated(k.reshape(length, keys, head))
        v = v.reshape(length, keys, head)
        gathered = np.empty((length, heads, head))
        for each in range(heads):
            shared = each * keys // heads
            logits = q[:, each] @ k[:, shared].T / np.sqrt(head)
            logits[np.triu_indices(length, 1)] = -np.inf
            weights = np.exp(logits - logits.max(-1, keepdims=True))
            gathered[:, each] = weights / weights.sum(-1, keepdims=True) @ v[:, shared]
        x = x + gathered.reshape(length, width) @ own["attn_output"].T
        h = norm(x, own["ffn_norm"])
        gate = h @ own["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ own["ffn_up"].T)) @ own["ffn_down"].T
    return norm(x, w["output_norm.weight"]) @ w["token_embd.weight"].T


if __name__ == "__main__":
    found = scores(sys.argv[1], TOKENS)[:, WATCHED]
    STORED.write_text(json.dumps({"tokens": TOKENS, "watched": WATCHED, "scores": found.round(4).tolist()}) + "\n")
