"""Rewinding and stability of ResNet-20 on CIFAR-10, as large as the machine allows.

Iterative global pruning with the weights rewound to several steps k, and with the learning rate
rewound (Frankle, Dziugaite, Roy & Carbin 2020; Renda, Frankle & Carbin 2020); then the error
barriers between children of each step k. Crop-flip augmentation on the device, SGD. Writes two
tables and how they were made beside this file. What is finished is kept (``ticketlab.runs``), so a
run that was stopped goes on. Lesson 05 draws the result.

    python lessons/reference/resnet20_cifar10.py --scale class

A scale is where the arguments begin; those given change it: ``--scale paper --ks 0,1000 --net
vgg16``. README.md beside this file says in what each scale differs from the published protocol.
"""

import argparse
import json
import platform
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas
import torch
from growing import store
from lenet_mnist import hardware

import ticketlab as tl

HERE = Path(__file__).resolve().parent
NETS = {"resnet20": tl.nets.resnet20, "vgg16": tl.nets.vgg16}


@dataclass(frozen=True)
class Setting:
    """One size of the experiment.

    ks: the steps rewound to, and where children begin. levels, rate: rounds of global pruning of
    the convolutions (the output layer is left alone). children: of the ``dense`` networks, of the
    ``ticket`` at the last level, or both. points: on a line between two children. examples, val,
    test: how many of each split are used, None for all; norm_examples: of the training split, to
    measure the batch-norm statistics of a net on the line.
    """

    recipe: tl.Recipe
    ks: tuple[int, ...]
    levels: int
    rate: float
    replicates: int
    children: tuple[str, ...] = ("dense",)
    points: int = 30
    examples: int | None = None
    val: int | None = None
    test: int | None = None
    norm_examples: int | None = None


_CLASS, _PAPER = (tl.scales.named(name).rewinding for name in ("class", "paper"))


def _setting(plan, **more) -> Setting:
    """What lesson 05 trains at that scale."""
    return Setting(plan.recipe, plan.rewound, plan.levels, plan.rate["conv"], plan.replicates, **more)


SCALES = {
    # shows that the path works, and nothing else
    "cpu": Setting(_PAPER.recipe.with_(steps=150, evaluate_every="50%", precision="mixed"), (0, 15),
                   levels=1, rate=0.832, replicates=1, points=7, examples=5_000, val=500,
                   test=1_000, norm_examples=1_000),
    # 41 % of the survivors stay in each of two rounds: 16.8 %
    "class": _setting(_CLASS, points=15, norm_examples=5_000),
    # eight rounds of 20 %: 16.8 %
    "paper": _setting(_PAPER, children=("dense", "ticket"))}


def main() -> None:
    asked = _arguments()
    setting = _changed(SCALES[asked.scale], asked)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = cut(tl.data.load("cifar10", device=device), setting)
    began = time.perf_counter()
    tables = experiment(NETS[asked.net](data), data, setting, keep=f"{asked.net}-cifar10")
    minutes = (time.perf_counter() - began) / 60
    name = f"{asked.net}_cifar10"
    for suffix, table in zip(("", "_barriers"), tables, strict=True):
        store(HERE / f"{name}{suffix}.csv", table.round(6).to_csv(index=False, lineterminator="\n"))
        print(table.to_string(index=False), end="\n\n")
    store(HERE / f"{name}.json", json.dumps(about(asked, setting, data, minutes), indent=1) + "\n")


def experiment(net, data, setting: Setting, *, keep: str | None = None, progress=True):
    """Accuracies (one row a way, level and replicate) and barriers (one row a start and replicate),
    as two pandas data frames; the columns are those of README.md. Arguments as those of
    ``rewinding.search``, which raises for what does not fit."""
    ways = {k: tl.rewinding.weights(k) for k in setting.ks}
    again = tl.rewinding.learning_rate(0)
    found = tl.rewinding.search(net, data, setting.recipe, [*ways.values(), again],
                                levels=setting.levels, rate={"conv": setting.rate, "output": 0},
                                scope="global", replicates=setting.replicates, keep=keep,
                                progress=progress)
    total = setting.recipe.schedule(len(data.x_train)).total
    dense = found[again.name].trials[:1]  # the same networks for every way
    parts = [("dense", 0, dense)]
    parts += [("rewind", k, found[way.name].trials[1:]) for k, way in ways.items()]
    parts += [("lr_rewind", 0, found[again.name].trials[1:])]
    accuracies = []
    for way, k, trials in parts:
        if trials:  # none if the search ended before its first level
            table = tl.lottery.table(trials).drop(columns="arm")
            accuracies.append(table.assign(way=way, k=k, budget=total - k))
    accuracies = pandas.concat(accuracies, ignore_index=True)
    order = ["way", "k", "level", "replicate", "budget"]
    accuracies = accuracies[[*order, *accuracies.columns.difference(order, sort=False)]]
    stems = {k: found[way.name] for k, way in ways.items()}
    return accuracies, barriers(stems, data, setting, keep=keep, progress=progress)


def barriers(stems, data, setting: Setting, *, keep: str | None = None, progress=True):
    """Train two children of each k, dense or under the mask of the last level; measure the lines.

    stems: k -> Tickets of ``rewinding.weights(k)``. Gives a pandas data frame.
    """
    starts = {(kind, k): tickets.stem for kind in setting.children for k, tickets in stems.items()}
    trials = {(kind, k): stems[k].trials[-1 if kind == "ticket" else 0] for kind, k in starts}
    masks = {start: trial.masks for start, trial in trials.items()}
    seeds = next(iter(stems.values())).seeds
    pairs = tl.instability.children(starts, data, setting.recipe, seeds, masks=masks, keep=keep,
                                    progress=progress)
    lines = tl.instability.lines(pairs, data, masks=masks, points=setting.points,
                                 norm_examples=setting.norm_examples, progress=progress)
    rows = []
    for (kind, k), line in lines.items():
        ends = ((line.error[0] + line.error[-1]) / 2).tolist()
        kept = tl.masks.density(masks[kind, k]).tolist()
        for replicate, barrier in enumerate(line.barrier().tolist()):
            rows.append({"children": kind, "k": k, "level": trials[kind, k].number,
                         "replicate": replicate, "density": kept[replicate], "barrier": barrier,
                         "end_error": ends[replicate], "points": setting.points})
    return pandas.DataFrame(rows)


def cut(data, setting: Setting):
    """The first examples of each split, as many as the setting asks for."""
    data = data if setting.examples is None else data.first(setting.examples)
    return replace(data, x_val=data.x_val[:setting.val], y_val=data.y_val[:setting.val],
                   x_test=data.x_test[:setting.test], y_test=data.y_test[:setting.test])


def about(asked, setting: Setting, data, minutes: float) -> dict:
    """How the tables were made, in plain values."""
    own = asdict(setting)
    recipe = own.pop("recipe")
    return {
        "what": f"{asked.net} on CIFAR-10: weights rewound to k, learning rate rewound, and the "
                "barriers between children of k",
        "command": " ".join(["python", "lessons/reference/resnet20_cifar10.py", *sys.argv[1:]]),
        "scale": asked.scale, "setting": own,
        "recipe": {name: str(value) for name, value in recipe.items()},
        "steps": setting.recipe.schedule(len(data.x_train)).total,
        "data": f"{data.name}: {len(data.x_train):,} training, {len(data.x_val):,} validation and "
                f"{len(data.x_test):,} test examples",
        "hardware": hardware(), "minutes": round(minutes, 1),
        "date": time.strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "ticketlab": tl.__version__}}


def _arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SCALES, default="cpu")
    parser.add_argument("--net", choices=NETS, default="resnet20")
    parser.add_argument("--steps", help="of each training, such as 62500 or 160ep")
    parser.add_argument("--precision", choices=("float32", "mixed"))
    parser.add_argument("--ks", type=_steps, help="steps, such as 0,500,2000")
    parser.add_argument("--children", type=lambda text: tuple(text.split(",")),
                        help="dense, ticket or dense,ticket")
    parser.add_argument("--rate", type=float, help="share of the survivors removed in a round")
    for name in ("levels", "replicates", "points", "examples", "val", "test", "norm-examples"):
        parser.add_argument(f"--{name}", type=int)
    asked = parser.parse_args(given)
    unknown = set(asked.children or ()) - {"dense", "ticket"}
    if unknown:
        parser.error(f"--children names {sorted(unknown)}; there are 'dense' and 'ticket'")
    return asked


def _steps(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _changed(setting: Setting, asked: argparse.Namespace) -> Setting:
    """The scale's setting with the arguments that were given."""
    given = {name: value for name, value in vars(asked).items() if value is not None}
    recipe = {name: given[name] for name in ("precision",) if name in given}
    if "steps" in given:
        recipe["steps"] = int(given["steps"]) if given["steps"].isdigit() else given["steps"]
    own = {name: value for name, value in given.items() if name in asdict(setting)}
    return replace(setting, recipe=setting.recipe.with_(**recipe), **own)


if __name__ == "__main__":
    main()
