"""What lesson 10 shows of SmolLM2-135M and does not compute itself: minutes to an hour on a CPU core.

    python lessons/reference/smollm2.py [PART ...]

Parts, in this order: grid, weights, writing, sparsegpt, parts, healing. Each writes its own
smollm2_PART.csv (README.md has the columns) and its entry of smollm2.json. The model is looked for, or
downloaded, as `tl.language.load` does it.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import torch

import ticketlab as tl

HERE = Path(__file__).resolve().parent
SPARSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
LAST = {"random": 0.2, "magnitude, global": 0.5, "Wanda, by layer": 0.6}
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


def grid(bench):
    """Perplexity by way and sparsity."""
    rows = [{"way": "dense", "sparsity": 0.0, **bench.measure(bench.lm.net)}]
    for way in bench.ways:
        for sparsity in SPARSITIES:
            if sparsity > LAST.get(way, 0.7):
                break  # ruin already
            with tl.language.cut(bench.dense, bench.masks(way, 1 - sparsity)) as net:
                rows.append({"way": way, "sparsity": sparsity, **bench.measure(net)})
            print(rows[-1], flush=True)
    for way in ("magnitude", "Wanda"):
        masks = tl.pruning.n_of_m(bench.dense, 2, 4, score=bench.ways[way][0])
        with tl.language.cut(bench.dense, masks) as net:
            rows.append({"way": f"{way}, 2:4", "sparsity": 0.5, **bench.measure(net)})
        print(rows[-1], flush=True)
    return rows


def weights(bench):
    """What the panel draws: kept weights by kind, and histograms of what goes, by way, sparsity and
    block."""
    kinds, rows = tl.pruning.prunable(bench.dense.net), []
    blocks = len(bench.dense.net.layers)
    inside = {}
    for name in kinds:
        w = bench.dense.parameters[name][0]
        scaled = (w / w.std()).clamp(-3.999, 3.999).numpy()
        inside[name] = np.digitize(scaled, BINS).astype(np.uint8) - 1
    for way in ("magnitude", "magnitude, by row", "magnitude, global", "Wanda"):
        for sparsity in (0.0, *SPARSITIES):
            masks = bench.masks(way, 1 - sparsity) if sparsity else tl.masks.dense(bench.dense)
            counts = np.zeros((blocks, len(BINS) - 1), int)
            kept = [dict.fromkeys(kinds.values(), 0) for _ in range(blocks)]
            whole = [dict.fromkeys(kinds.values(), 0) for _ in range(blocks)]
            edge = np.zeros(blocks)
            for name, mask in masks.items():
                block, gone = tl.language.block_of(name), ~mask[0].numpy()
                counts[block] += np.bincount((inside[name] if not sparsity else
                inside[name][gone]).ravel(),
                                             minlength=len(BINS) - 1)
                kept[block][kinds[name]] += int(mask.sum())
                whole[block][kinds[name]] += mask.numel()
                if sparsity:
                    w = bench.dense.parameters[name][0]
                    edge[block] += float(w.abs()[gone].max() / w.std()) * mask.numel()
            for block in range(blocks):
                size = sum(whole[block].values())
                rows.append({"way": way, "sparsity": sparsity, "block": block,
                             "largest": round(edge[block] / size, 3)}
                            | {f"kept {kind}": n for kind, n in kept[block].items()}
                            | {f"bin {n}": int(count) for n, count in enumerate(counts[block])})
    return rows


def writing(bench):
    """One sentence, continued by each cut model."""
    rows = [{"way": "dense", "sparsity": 0.0,
             "text": tl.language.go_on(bench.lm.net, bench.lm.tokenizer)}]
    for way in ("magnitude", "magnitude, by row", "magnitude, global", "Wanda"):
        for sparsity in SPARSITIES:
            with tl.language.cut(bench.dense, bench.masks(way, 1 - sparsity)) as net:
                text = tl.language.go_on(net, bench.lm.tokenizer)
            rows.append({"way": way, "sparsity": sparsity, "text": text})
            print(rows[-1], flush=True)
    return rows


def sparsegpt(bench):
    """SparseGPT, block by block, at 50 and 60 % and as 2:4."""
    rows = []
    for way, sparsity, options in (("SparseGPT", 0.5, {"density": 0.5}),
                                   ("SparseGPT, 2:4", 0.5, {"pattern": (2, 4)}),
                                   ("SparseGPT", 0.6, {"density": 0.4})):
        made = tl.language.reconstruct_blocks(bench.dense, bench.calibration, **options)
        with tl.language.with_weights(bench.dense, made) as net:
            rows.append({"way": way, "sparsity": sparsity, **bench.measure(net)})
        print(rows[-1], flush=True)
    return rows


def parts(bench):
    """One kind of layer, or one block, cut by Wanda to a half; and budgets over blocks at 50 %."""
    masks, rows = bench.masks("Wanda", 0.5), []
    kinds = dict.fromkeys(tl.pruning.prunable(bench.dense.net).values())
    blocks = range(len(bench.dense.net.layers))
    for what in [{"kind": kind} for kind in kinds] + [{"block": block} for block in blocks]:
        with tl.language.cut(bench.dense, tl.language.only(bench.dense, masks, **what)) as net:
            rows.append({"what": str(*what.values()), "budget": "", **bench.measure(net)})
        print(rows[-1], flush=True)
    # by sensitivity on the calibration texts: the evaluation texts must not choose
    dense_loss = loss(bench.lm.net, bench)
    rise = []
    for block in blocks:
        with tl.language.cut(bench.dense, tl.language.only(bench.dense, masks, block=block)) as net:
            rise.append(loss(net, bench) - dense_loss)
    rows += [{"what": "all", "budget": name, **measure_budget(bench, budget)}
             for name, budget in budgets(rise)]
    return rows


def loss(net, bench):
    """The mean loss on four of the calibration texts."""
    return sum(tl.language.text_loss(net, tokens) for tokens in bench.calibration[:4]) / 4


def budgets(rise):
    """Densities by block: equal, and 0.4 to 0.6 in the order of sensitivity, the mean one half."""
    order = np.argsort(np.argsort(rise))
    yield "equal", [0.5] * len(rise)
    yield "by sensitivity", (0.4 + 0.2 * order / (len(rise) - 1)).round(4).tolist()
    yield "against sensitivity", (0.6 - 0.2 * order / (len(rise) - 1)).round(4).tolist()


def measure_budget(bench, budget):
    score, scope = bench.ways["Wanda"]
    density = {tl.pruning.layer_name(name): budget[tl.language.block_of(name)]
               for name in tl.pruning.prunable(bench.dense.net)}
    masks = tl.pruning.prune(bench.dense, density=density, score=score, scope=scope)
    with tl.language.cut(bench.dense, masks) as net:
        return bench.measure(net)


def healing(bench, steps=120, length=128):
    """Training under the mask: Adam on the calibration documents, 120 steps of 128 tokens; and the dense
    net trained as long, since it learns the texts' manner too."""
    tokens = tl.language.calibration(bench.lm.tokenizer, steps, length)
    order = np.random.default_rng(0).permutation(steps)
    net, rows = bench.lm.net, []
    for way in ("magnitude", "Wanda", "dense"):
        masks = tl.masks.dense(bench.dense) if way == "dense" else bench.masks(way, 0.5)
        with tl.language.cut(bench.dense, masks):
            saved = {name: p.detach().clone() for name, p in net.named_parameters() if name not in masks}
            net.embed_tokens.requires_grad_(False)
            trained = [p for p in net.parameters() if p.requires_grad]
            adam = torch.optim.Adam(trained, lr=3e-5)
            for step in range(steps + 1):
                if step in (0, steps // 4, steps):
                    rows.append({"way": way, "step": step, **bench.measure(net)})
                    print(rows[-1], flush=True)
                if step == steps:
                    break
                own = tokens[order[step]]
                adam.zero_grad()
                torch.nn.functional.cross_entropy(net(own[None, :-1])[0], own[1:]).backward()
                adam.step()
                with torch.no_grad():
                    for name, mask in masks.items():
                        net.get_parameter(name).mul_(mask[0])
            with torch.no_grad():
                for name, values in saved.items():
                    net.get_parameter(name).copy_(values)
            net.zero_grad()
    return rows


def main():
    made = {part.__name__: part for part in (grid, weights, writing, sparsegpt, parts, healing)}
    parser = argparse.ArgumentParser(description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(made)} (all)")
    chosen = parser.parse_args().parts or list(made)
    bench = Bench()
    for part in chosen:
        began = time.process_time()
        rows = pandas.DataFrame(made[part](bench))
        decimals = {name: 3 for name in bench.evaluation if name in rows}
        store(HERE / f"smollm2_{part}.csv", rows.round(decimals).to_csv(index=False, lineterminator="\n"))
        about = HERE / "smollm2.json"
        said = json.loads(about.read_text()) if about.exists() else {"what": "SmolLM2-135M, cut in "
                                                                             "one shot"}
        said[part] = {
            "command": " ".join(["python", "lessons/reference/smollm2.py", part]),
            "CPU seconds": round(time.process_time() - began), "date": time.strftime("%Y-%m-%d"),
            "model": bench.lm.origin.split(", from")[0].rpartition(os.sep)[2],
            "evaluation": tl.language.fingerprint(bench.evaluation), "threads": torch.get_num_threads(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__,
                         "ticketlab": tl.__version__}}
        store(about, json.dumps(said, indent=1) + "\n")


def store(path, text):
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


if __name__ == "__main__":
    sys.exit(main())
