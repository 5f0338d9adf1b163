"""Edge-popup on MNIST, as lesson 08 does it at scale class, one network a draw of its weights.

    python lessons/reference/supermask_mnist.py

Half of the weights of an untrained network are picked, with the recipe of Ramanujan et al. 2020. Writes
supermask_mnist.csv and .json beside this file, row by row: a run that was stopped goes on at the next
one. MNIST is read, or downloaded, as ``tl.data.load`` does it.
"""

import argparse
import platform
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import growing
import torch

import ticketlab as tl

HERE = Path(__file__).resolve().parent
DRAWS = {"signed constant": tl.nets.signed_constant, "Kaiming normal": tl.nets.kaiming_normal}
SHARE = 0.5


def picked(weights: str, seed: int, plan, data) -> dict:
    """What one network reaches; accuracies are fractions."""
    start = tl.draw(tl.nets.mlp(data, (plan.picked, plan.picked)), [seed], DRAWS[weights])
    (trial,) = tl.lottery.supermasks(start, data, plan.picking, [SHARE], seeds=[seed])
    return {"units": plan.picked, "share": SHARE, "val_accuracy": trial.run.last("val_accuracy").item(),
            "accuracy": trial.run.last("test_accuracy").item()}


def main(folder=HERE, given=None, scale=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="networks of each draw: seeds 0, 1, ... (1)")
    asked = parser.parse_args(given)
    scale = scale or tl.scales.named("class")
    plan, data = scale.random, tl.data.load(scale.dataset)
    steps = (({"weights": weights, "seed": seed}, partial(picked, weights, seed, plan, data))
             for weights in DRAWS for seed in range(asked.seeds))
    said = {
        "part": "supermask_mnist",
        "command": f"python lessons/reference/supermask_mnist.py --seeds {asked.seeds}",
        "recipe": {name: str(value) for name, value in asdict(plan.picking).items()},
        "fingerprint": growing.fingerprint(picked, *DRAWS, SHARE, plan.picking, plan.picked,
                                           tl.__version__),
        "date": time.strftime("%Y-%m-%d"), "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "ticketlab": tl.__version__}}
    growing.grow(folder / "supermask_mnist.csv", folder / "supermask_mnist.json", steps,
                 ("weights", "seed"), said)


if __name__ == "__main__":
    sys.exit(main())
