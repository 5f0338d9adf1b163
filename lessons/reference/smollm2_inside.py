"""What the model of lesson 10 looks like inside: its weights, those that a cut takes, and its channels.

A function is a part of ``smollm2.py``: it gives pairs of a key and a function that computes the rows.
"""

from functools import partial

import numpy as np
from smollm2_bench import SHOWN, SPARSITIES

import ticketlab as tl

BINS = np.linspace(-4, 4, 42)  # in standard deviations of each layer


def weights(bench):
    """What the panel draws: kept weights by kind, and histograms of what goes, by way, sparsity and
    block."""
    inside = {}
    for name in tl.pruning.prunable(bench.dense.net):
        w = bench.dense.parameters[name][0]
        scaled = (w / w.std()).clamp(-3.999, 3.999).numpy()
        inside[name] = np.digitize(scaled, BINS).astype(np.uint8) - 1
    for way in SHOWN:
        for sparsity in (0.0, *SPARSITIES):
            yield {"way": way, "sparsity": sparsity}, partial(blocks, bench, inside, way, sparsity)


def blocks(bench, inside, way, sparsity):
    """The rows of one cut, a row a block; at sparsity 0 the bins hold all weights."""
    kinds, rows = tl.pruning.prunable(bench.dense.net), {}
    masks = bench.masks(way, 1 - sparsity) if sparsity else tl.masks.dense(bench.dense)
    for name, mask in masks.items():
        row = rows.setdefault(tl.language.block_of(name), {
            "largest": 0.0, "size": 0, "bins": 0, "kept": dict.fromkeys(kinds.values(), 0)})
        gone = ~mask[0].numpy()
        row["bins"] = row["bins"] + np.bincount(
            inside[name][gone] if sparsity else inside[name].ravel(), minlength=len(BINS) - 1)
        row["kept"][kinds[name]] += int(mask.sum())
        row["size"] += mask.numel()
        if sparsity:
            w = bench.dense.parameters[name][0]
            row["largest"] += float(w.abs()[gone].max() / w.std()) * mask.numel()
    return [{"block": block, "largest": round(row["largest"] / row["size"], 3)}
            | {f"kept {kind}": n for kind, n in row["kept"].items()}
            | {f"bin {n}": int(count) for n, count in enumerate(row["bins"])}
            for block, row in sorted(rows.items())]


def layers(bench):
    """How far each layer's weights are from a Gaussian."""
    yield {"model": "SmolLM2-135M"}, lambda: tl.weights.concentration(bench.dense).assign(
        block=lambda table: table["layer"].map(tl.language.block_of)
    ).drop(columns="replicate").to_dict("records")


def channels(bench):
    """How large the channels of the residual stream become. All texts begin with the same token, and
    a text's first token is where they become largest, so each is read from another place on."""
    for number, (text, tokens) in enumerate(bench.evaluation.items()):
        yield {"text": text}, partial(channel_rows, bench, tokens.flatten()[100 * (number + 1):])


def channel_rows(bench, tokens):
    rows = []
    for block, stream in enumerate(tl.language.residual_stream(bench.lm.net, tokens).abs()):
        row = {"block": block, "median": float(stream.median())}
        for where, own in (("first", stream[:1]), ("others", stream[1:])):
            sizes = own.amax(0)
            row |= {where: float(sizes.max()), f"{where} channel": int(sizes.argmax())}
        rows.append(row)
    return rows
