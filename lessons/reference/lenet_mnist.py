"""The central experiment of Frankle & Carbin 2019, as large as the machine allows.

LeNet-300-100 on MNIST: Adam 1.2e-3, batch 60, layer-wise 20/20/10 %, Gaussian Glorot, 55k/5k split.
Iterative pruning to 1.2 % of the weights; reinit at every level; the other arms at three. Writes
the table and how it was made beside this file. What is finished is kept (``ticketlab.runs``), so a
run that was stopped goes on. Lesson 04 draws the result.

    python lessons/reference/lenet_mnist.py --steps 10000 --replicates 3 --evaluate-every 250
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import torch
from growing import store

import ticketlab as tl
from ticketlab.scales import named

HERE = Path(__file__).resolve().parent
OTHERS = ["signs", "shuffled", "random", "one_shot", "fine_tune", "untrained"]
RUNGS = [7, 11, 15]  # 21.07, 8.68 and 3.58 % of the weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50_000, help="of each training")
    parser.add_argument("--replicates", type=int, default=5)
    parser.add_argument("--evaluate-every", type=int, default=100, help="steps")
    parser.add_argument("--levels", type=int, default=20)
    asked = parser.parse_args()
    scale = named("paper")
    recipe = scale.recipe.with_(steps=asked.steps, evaluate_every=asked.evaluate_every)
    data, keep = scale.load(), f"lenet-mnist-{asked.steps}"
    began = time.perf_counter()
    tickets = tl.lottery.search(tl.nets.mlp(data), data, recipe, levels=asked.levels,
                                rate={"hidden": 0.2, "output": 0.1}, replicates=asked.replicates,
                                keep=keep)
    reinit = tl.lottery.controls(tickets, ["reinit"], keep=keep)
    rungs = [rung for rung in RUNGS if rung <= asked.levels]
    others = tl.lottery.controls(tickets, OTHERS, levels=rungs, keep=keep)
    table = tl.lottery.table(tickets, reinit, others)
    table.insert(1, "budget", asked.steps)
    seconds = time.perf_counter() - began
    store(HERE / "lenet_mnist.csv", table.round(6).to_csv(index=False, lineterminator="\n"))
    about = {
        "what": "LeNet-300-100 on MNIST: iterative pruning and its controls, one row a replicate",
        "command": " ".join(["python", "lessons/reference/lenet_mnist.py", *sys.argv[1:]]),
        "recipe": {name: str(value) for name, value in vars(recipe).items()},
        "replicates": asked.replicates,
        "net_steps": int(table["train_accuracy"].notna().sum() * asked.steps),
        "data": f"{data.name}: {len(data.x_train):,} training, {len(data.x_val):,} validation and "
                f"{len(data.x_test):,} test examples",
        "hardware": hardware(), "minutes": round(seconds / 60, 1),
        "date": time.strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "ticketlab": tl.__version__}}
    store(HERE / "lenet_mnist.json", json.dumps(about, indent=1) + "\n")
    print(table.groupby(["arm", "level"])["accuracy"].agg(["mean", "min", "max"]).to_string())


def hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} thread(s)"


if __name__ == "__main__":
    main()
