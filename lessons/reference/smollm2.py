"""What lesson 10 shows of SmolLM2-135M and does not compute itself: minutes to an hour on a CPU core.

    python lessons/reference/smollm2.py [PART ...]

Parts, in this order: grid, weights, writing, sparsegpt, parts, healing, layers, channels, spared. Each
writes its own smollm2_PART.csv (README.md has the columns) and its entry of smollm2.json, row by row: a
run that was stopped goes on at the next row. The model is looked for, or downloaded, as
`tl.language.load` does it.
"""

import argparse
import os
import platform
import sys
import time
from functools import partial
from pathlib import Path

import growing
import numpy as np
import torch

import ticketlab as tl

HERE = Path(__file__).resolve().parent
SPARSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
LAST = {"random": 0.2, "Wanda, by layer": 0.6}
SHOWN = ("magnitude", "magnitude, by row", "magnitude, global", "Wanda")  # ways of the panel
BINS = np.linspace(-4, 4, 42)  # in standard deviations of each layer


class Bench:
    """The model, its dense weights, the texts, and the masks of each way to cut."""

    def __init__(self):
        self.lm = tl.language.load("smollm2-135m")
        self.dense = self.lm.stack()
        self.evaluation = tl.language.evaluation(self.lm.tokenizer)
        self.calibration = tl.language.calibration(self.lm.tokenizer)
        sizes = tl.pruning.input_norms(self.dense, self.calibration)
        self.ways = {
            "magnitude": (tl.pruning.magnitude, "layer"),
            "magnitude, by row": (tl.pruning.magnitude, "row"),
            "Wanda, by layer": (self.scored(sizes), "layer"),
            "Wanda": (self.scored(sizes), "row"),
            "magnitude, global": (tl.pruning.magnitude, "global"),
            "random": (tl.pruning.random([0]), "layer")}

    @staticmethod
    def scored(sizes):
        """Wanda's score, with the sizes of the inputs measured once and not for every cut."""
        return lambda stack: {name: stack.parameters[name].abs() * size.unsqueeze(1)
                              for name, size in sizes.items()}

    def masks(self, way, density):
        score, scope = self.ways[way]
        return tl.pruning.prune(self.dense, density=density, score=score, scope=scope)

    def measure(self, net):
        """text -> perplexity."""
        found = tl.language.text_perplexity(net, self.evaluation)
        return dict(zip(self.evaluation, found.tolist(), strict=True))

    def measure_cut(self, masks):
        """text -> perplexity, of the net under the masks that a function gives."""
        with tl.language.cut(self.dense, masks()) as net:
            return self.measure(net)

    def calibration_loss(self, net):
        """The mean loss on four of the calibration texts."""
        return sum(tl.language.text_loss(net, tokens) for tokens in self.calibration[:4]) / 4


def grid(bench):
    """Perplexity by way and sparsity."""
    yield {"way": "dense", "sparsity": 0.0}, partial(bench.measure, bench.lm.net)
    for way in bench.ways:
        for sparsity in SPARSITIES:
            if sparsity <= LAST.get(way, 0.7):  # beyond, it is ruin already
                yield ({"way": way, "sparsity": sparsity},
                       partial(bench.measure_cut, partial(bench.masks, way, 1 - sparsity)))
    for way in ("magnitude", "Wanda"):
        yield ({"way": f"{way}, 2:4", "sparsity": 0.5},
               partial(bench.measure_cut, partial(tl.pruning.n_of_m, bench.dense, 2, 4,
                                                  score=bench.ways[way][0])))


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


def writing(bench):
    """One sentence, continued by each cut model."""
    yield {"way": "dense", "sparsity": 0.0}, partial(written, bench, tl.masks.dense, bench.dense)
    for way in SHOWN:
        for sparsity in SPARSITIES:
            yield ({"way": way, "sparsity": sparsity},
                   partial(written, bench, bench.masks, way, 1 - sparsity))


def written(bench, masks, *which):
    with tl.language.cut(bench.dense, masks(*which)) as net:
        return {"text": tl.language.go_on(net, bench.lm.tokenizer)}


def sparsegpt(bench):
    """SparseGPT, block by block, at 50 and 60 % and as 2:4."""
    for way, sparsity, options in (("SparseGPT", 0.5, {"density": 0.5}),
                                   ("SparseGPT", 0.6, {"density": 0.4}),
                                   ("SparseGPT, 2:4", 0.5, {"pattern": (2, 4)})):
        yield {"way": way, "sparsity": sparsity}, partial(reconstructed, bench, options)


def reconstructed(bench, options):
    made = tl.language.reconstruct_blocks(bench.dense, bench.calibration, progress=False, **options)
    with tl.language.with_weights(bench.dense, made) as net:
        return bench.measure(net)


def parts(bench):
    """One kind of layer, or one block, cut by Wanda to a half; and budgets over blocks at 50 %. ``rise``
    is what the cut costs on the calibration texts, in nats a token: from it a budget may be chosen."""
    masks = bench.masks("Wanda", 0.5)
    for kind in dict.fromkeys(tl.pruning.prunable(bench.dense.net).values()):
        yield {"what": kind, "budget": ""}, partial(one_part, bench, masks, kind=kind)
    rises = [rise(bench, masks, block) for block in range(len(bench.dense.net.layers))]
    for block, own in enumerate(rises):
        yield {"what": str(block), "budget": ""}, partial(one_part, bench, masks, own, block=block)
    for name, budget in budgets(rises):
        yield {"what": "all", "budget": name}, partial(measure_budget, bench, budget)


def one_part(bench, masks, own="", **what):
    return bench.measure_cut(partial(tl.language.only, bench.dense, masks, **what)) | {"rise": own}


def rise(bench, masks, block):
    dense = bench.calibration_loss(bench.lm.net)
    with tl.language.cut(bench.dense, tl.language.only(bench.dense, masks, block=block)) as net:
        return bench.calibration_loss(net) - dense


def budgets(rises):
    """Densities by block: equal, and 0.4 to 0.6 in the order of sensitivity, the mean one half."""
    order = np.argsort(np.argsort(rises))
    yield "equal", [0.5] * len(rises)
    yield "by sensitivity", (0.4 + 0.2 * order / (len(rises) - 1)).round(4).tolist()
    yield "against sensitivity", (0.6 - 0.2 * order / (len(rises) - 1)).round(4).tolist()


def measure_budget(bench, budget):
    score, scope = bench.ways["Wanda"]
    density = {tl.pruning.layer_name(name): budget[tl.language.block_of(name)]
               for name in tl.pruning.prunable(bench.dense.net)}
    return bench.measure_cut(partial(tl.pruning.prune, bench.dense, density=density, score=score,
                                     scope=scope)) | {"rise": ""}


def healing(bench):
    """Training under the mask; and the dense net trained as long, since it learns the texts' manner
    too."""
    for way in ("Wanda", "magnitude", "dense"):
        yield {"way": way}, partial(healed, bench, way)


def healed(bench, way, pieces=55, length=128, passes=2):
    """Adam 3e-5, a step a piece of 128 tokens of the calibration documents, each read twice; the
    embeddings held."""
    texts = tl.language.calibration(bench.lm.tokenizer, pieces, length)
    draw = np.random.default_rng(0)
    texts = texts[np.concatenate([draw.permutation(pieces) for _ in range(passes)])]
    masks = tl.masks.dense(bench.dense) if way == "dense" else bench.masks(way, 0.5)
    found = tl.language.heal(bench.dense, masks, texts, bench.measure, progress=False,
                             at=range(0, pieces * passes + 1, pieces))
    return [{"step": step, **own} for step, own in found.items()]


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


def spared(bench):
    """Magnitude at a half, but weights that read the largest inputs of their layer stay; and, as a
    control, as many inputs chosen by chance."""
    sizes = tl.pruning.input_norms(bench.dense, bench.calibration)
    for share in (0.001, 0.01, 0.05):
        yield ({"way": f"magnitude, {100 * share:g} % of inputs spared", "sparsity": 0.5},
               partial(bench.measure_cut, partial(sparing, bench, sizes, share)))
    draw = torch.Generator().manual_seed(0)
    chance = {name: torch.rand(size.shape, generator=draw) for name, size in sizes.items()}
    yield ({"way": "magnitude, 1 % of inputs spared by chance", "sparsity": 0.5},
           partial(bench.measure_cut, partial(sparing, bench, chance, 0.01)))


def sparing(bench, sizes, share):
    def score(stack):
        return {name: stack.parameters[name].abs()
                + 1e3 * (size > size.quantile(1 - share, dim=1, keepdim=True)).unsqueeze(1)
                for name, size in sizes.items()}
    return tl.pruning.prune(bench.dense, density=0.5, score=score)


# part -> its key, and what its numbers hang on besides the bench, the library and the texts
PARTS = {grid: (("way", "sparsity"), ()), weights: (("way", "sparsity"), (blocks, BINS)),
         writing: (("way", "sparsity"), (written, tl.language.PROMPT)),
         sparsegpt: (("way", "sparsity"), (reconstructed,)),
         parts: (("what", "budget"), (one_part, rise, budgets, measure_budget)),
         healing: (("way",), (healed, tl.language.heal)), layers: (("model",), ()),
         channels: (("text",), (channel_rows,)),
         spared: (("way", "sparsity"), (sparing,))}


def main(folder=HERE, given=None):
    made = {part.__name__: part for part in PARTS}
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(made)} (all)")
    chosen = parser.parse_args(given).parts or list(made)
    if strange := set(chosen) - set(made):
        parser.error(f"{sorted(strange)} is no part; there are {', '.join(made)}")
    bench = Bench()
    model = bench.lm.origin.split(", from")[0].rpartition(os.sep)[2]
    texts = tl.language.fingerprint(bench.evaluation)
    read = tl.language.fingerprint({"calibration": bench.calibration})
    for name in chosen:
        key, hangs_on = PARTS[made[name]]
        said = {"part": name, "command": f"python lessons/reference/smollm2.py {name}", "model": model,
                "evaluation": texts, "calibration": read,
                "fingerprint": growing.fingerprint(made[name], Bench, *hangs_on, SPARSITIES, model, texts,
                                                   read, tl.__version__),
                "date": time.strftime("%Y-%m-%d"), "threads": torch.get_num_threads(),
                "versions": {"python": platform.python_version(), "torch": torch.__version__,
                             "ticketlab": tl.__version__}}
        growing.grow(folder / f"smollm2_{name}.csv", folder / "smollm2.json", made[name](bench), key,
                     said)


if __name__ == "__main__":
    sys.exit(main())
