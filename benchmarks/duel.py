"""This tree against another one, such as the last release: has anything become slower?

    git worktree add --detach /tmp/before v1.0
    python -m benchmarks.duel /tmp/before

Each tree has a process of its own, and both take turns at the same work, written with what the library
offers its users. Processes are begun anew several times, for where a process happens to lie in memory
changes its speed by some percent for as long as it lives: the interval is over these restarts.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

LENGTH = 1.0  # of a training
TURNS = 3  # of each tree with each work between two restarts
TREE = Path(__file__).resolve().parent.parent


def works() -> dict:
    """name -> a call that makes the work: another call, of about a second."""
    import torch

    import ticketlab as tl
    from ticketlab.training import Recipe, train

    adam = Recipe("adam", lr=1.2e-3, batch=60, steps=500)
    sgd = Recipe("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4, batch=100, steps=300)

    def data(*shape, examples=4000):
        source = torch.Generator().manual_seed(0)
        x = torch.randn(examples, *shape, generator=source)
        y = torch.randint(10, (examples,), generator=source)
        few = slice(0, examples // 4)
        return tl.data.Data("random", x, y, x[few], y[few], x[few], y[few], classes=10, shape=shape,
                            provenance="random numbers")

    signals, digits, photos = data(40), data(1, 28, 28), data(3, 32, 32, examples=256)

    def short(recipe, steps):
        return recipe.with_(steps=max(1, round(LENGTH * steps)))

    def training(net, given, recipe, replicates, least=40):
        def make():
            drawn = tl.stack.draw(net(given), range(replicates))
            own = short(recipe, max(least, recipe.steps // replicates))
            return lambda: train(drawn, given, own, progress=False)
        return make

    points = max(2, round(LENGTH * 30))

    def line(net):
        def make():
            one, two = (tl.stack.draw(net(signals), range(first, first + 3)) for first in (0, 10))
            return lambda: tl.landscape.line(one, two, signals, points=points, progress=False)
        return make

    def lottery():
        def both():
            found = tl.lottery.search(tl.nets.mlp(signals), signals, short(adam, 100), levels=3,
                                      rate={"hidden": 0.2, "output": 0.1}, replicates=3, progress=False)
            tl.lottery.controls(found, ["reinit", "random"], levels=[3], progress=False)
        return both

    images = sgd.with_(batch=128, steps=2, augment="crop-flip")
    return {
        **{f"LeNet R={R}": training(tl.nets.mlp, digits, adam, R) for R in (1, 4, 8, 16)},
        **{f"MLP R={R}": training(tl.nets.mlp, signals, adam, R, least=500) for R in (1, 3, 8)},
        **{f"CNN R={R}": training(tl.nets.conv1d, signals, sgd, R) for R in (1, 4, 8, 16)},
        **{f"ResNet-20 R={R}": training(tl.nets.resnet20, photos, images, R, least=2) for R in (1, 3)},
        "line of 30 MLPs": line(tl.nets.mlp), "line of 30 CNNs": line(tl.nets.conv1d),
        "lottery": lottery}


def serve() -> None:
    """In a tree's own process: for each name a line with the seconds that its work took."""
    import ticketlab

    offered, made = works(), {}
    print(Path(ticketlab.__file__).parent.parent, *offered, sep="\t", flush=True)
    for name in map(str.strip, sys.stdin):
        if name not in made:
            made[name] = offered[name]()
            made[name]()
        began = time.perf_counter()
        made[name]()
        print(time.perf_counter() - began, flush=True)


class Tree:
    """A process that works with the library of one tree."""

    def __init__(self, root: Path):
        env = dict(os.environ, PYTHONPATH=str(root))
        self.process = subprocess.Popen([sys.executable, __file__, "--serve"], cwd=root, env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        found, *self.names = self.process.stdout.readline().strip().split("\t")
        if Path(found).resolve() != root.resolve():
            self.end()
            sys.exit(f"{root} holds no package ticketlab: {found or 'nothing'} was found in its place")

    def seconds(self, name: str) -> float:
        print(name, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def restart(before: Path, chosen, ratios: dict[str, list[float]], number: int) -> None:
    trees = [Tree(root) for root in (before, TREE)[::1 if number % 2 else -1]]
    other, this = trees[::1 if number % 2 else -1]
    for name in other.names:
        if not chosen or any(part in name for part in chosen):
            times = {other: [], this: []}
            for turn in range(TURNS):
                for tree in trees[::1 if turn % 2 else -1]:
                    times[tree].append(tree.seconds(name))
            ratios.setdefault(name, []).append(
                math.log(statistics.median(times[this]) / statistics.median(times[other])))
    for tree in trees:
        tree.end()


def main() -> None:
    from scipy.stats import t

    parser = argparse.ArgumentParser(prog="python -m benchmarks.duel",
                                     description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path, help="the other tree: a folder with the package in it")
    parser.add_argument("works", nargs="*", help="only those whose name contains one of these")
    parser.add_argument("--restarts", type=int, default=6)
    given = parser.parse_args()
    if given.restarts < 2:
        parser.error(f"--restarts is {given.restarts}; an interval takes at least 2")
    ratios: dict[str, list[float]] = {}
    for number in range(given.restarts):
        restart(given.before, given.works, ratios, number)
        if not ratios:
            parser.error(f"no work's name contains one of {given.works}")
        so_far = ", ".join(f"{name} {math.exp(logs[-1]):.2f}" for name, logs in ratios.items())
        print(f"restart {number + 1} of {given.restarts}: {so_far}", file=sys.stderr, flush=True)
    print(f"this tree's time over that of {given.before}, 95 % over {given.restarts} restarts")
    for name, logs in ratios.items():
        mean, width = statistics.mean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
        width *= t.ppf(0.975, len(logs) - 1)
        low, middle, high = (math.exp(mean + each) for each in (-width, 0, width))
        print(f"  {name:<18}{middle:6.2f} ({low:.2f}-{high:.2f})", flush=True)


if __name__ == "__main__":
    serve() if "--serve" in sys.argv else main()
