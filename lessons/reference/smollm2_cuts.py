"""What a cut does to the model of lesson 10, and what makes up for it: perplexity, and what it writes.

A function is a part of ``smollm2.py``: it gives pairs of a key and a function that computes the row.
"""

from functools import partial

import numpy as np
import torch
from smollm2_bench import SHOWN, SPARSITIES

import ticketlab as tl

LAST = {"random": 0.2, "Wanda, by layer": 0.6}


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
