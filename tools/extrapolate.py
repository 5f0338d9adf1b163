"""How long a lesson would take at a scale for which this machine is too slow.

    python tools/extrapolate.py 04 class

Runs the lesson's own code, with the same networks and data. But for each size of a stack only a few
steps are taken, with a few batches of data, and one evaluation of a thousand examples is made; what these
took is counted for all others. What the lesson does in several processes is done here, one piece after
the other on one thread, and counted as if they had shared it. The networks learn nothing, so what would
end early does not, the verdicts mean nothing, and nothing is kept. The data sets must be there
(TICKETLAB_DATA).
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat

LESSONS = Path(__file__).resolve().parent.parent / "lessons"
STEPS, LEAST, SECONDS = 9, 3, 10  # of which the median counts; fewer where so many seconds are over
EXAMPLES = 1000  # of each evaluation


class Clock:
    """Seconds that were not spent: those of each thread since the last ``settle``, and all before."""

    def __init__(self):
        self.saved, self._here, self._lock = 0.0, {}, threading.Lock()

    def save(self, seconds: float) -> None:
        with self._lock:
            self._here[threading.get_ident()] = self._here.get(threading.get_ident(), 0.0) + seconds

    def settle(self) -> None:
        """Threads that worked side by side: the slowest counts."""
        with self._lock:
            self.saved += max(self._here.values(), default=0.0)
            self._here.clear()


def shorten(clock: Clock) -> None:
    """Replace, in this process, the steps of a training and their batches, its evaluations, those of
    lines, and what would be done in other processes."""
    import torch

    from ticketlab.basics import processes, threads
    from ticketlab.landscape import lines
    from ticketlab.training import evaluation, loop

    step, abreast, batches = loop.Trainer.step, loop.side_by_side, loop._batches
    evaluate, norms, each = evaluation.evaluate, lines.recompute_norms, processes.each

    steps, looks, drawn = {}, {}, {}
    elsewhere = False  # whether what is done now would be done in another process, on one thread

    def here():
        return threading.current_thread().name, elsewhere

    def size(stack):
        return (tuple(stack.parameters), stack.replicates,
                sum(each.numel() for each in stack.parameters.values()))

    def sampled(kept, key, call):
        """What ``call`` gives; after a few calls the last of them stands for all that come after it."""
        taken, last = kept.get(key, ([], None))
        if len(taken) < LEAST or len(taken) < STEPS and sum(taken) < SECONDS:
            began = time.perf_counter()
            last = call()
            kept[key] = [*taken, time.perf_counter() - began], last
        else:
            clock.save(statistics.median(taken))
        return last

    def few(trainer, x, *arguments):
        # not the number of threads, of which a training tries several
        key = size(trainer.stack), x.shape, *here()
        return sampled(steps, key, lambda: step(trainer, x, *arguments))

    def settled(*arguments):
        clock.settle()
        try:
            return abreast(*arguments)
        finally:
            clock.settle()

    def part(stack, x, y, **named):
        key = size(stack), len(x), torch.get_num_threads(), *here()
        if key in looks:
            found, took = looks[key]
            clock.save(took)
            return found
        some = min(len(x), EXAMPLES)
        evaluate(stack, x[:some], y[:some], **named)  # whose first call takes longer
        began = time.perf_counter()
        found = evaluate(stack, x[:some], y[:some], **named)
        took = time.perf_counter() - began
        clock.save(took * (len(x) / some - 1))
        looks[key] = found, took * len(x) / some
        return found

    def fewer(stack, data, *, examples=None, batch=100):
        whole = examples or len(data.x_train)
        began, some = time.perf_counter(), min(whole, EXAMPLES)
        found = norms(stack, data, examples=some, batch=batch)
        if found is not stack:
            clock.save((time.perf_counter() - began) * (whole / some - 1))
        return found

    def again(data, recipe, seeds, start, stop):
        kind = data.x_train.shape, recipe.batch, recipe.augment, len(seeds)
        key = kind, torch.get_num_threads(), *here()
        source = batches(data, recipe, seeds, start, stop)
        for _ in range(start, stop):
            yield sampled(drawn, key, lambda: next(source))

    def one_by_one(work, pieces, shared, bar, *, apart):
        """Each piece on one thread; counted as if they had been dealt out to several processes."""
        nonlocal elsewhere
        number = processes.at_once(pieces, apart=apart)
        if number == 1:
            return each(work, pieces, shared, bar, apart=apart)
        clock.settle()
        found, took, elsewhere = [], [], True
        for piece in pieces:
            began = time.perf_counter() + clock.saved
            with threads.using(1):
                found += each(work, [piece], shared, bar, apart=False)
            clock.settle()
            took.append(time.perf_counter() + clock.saved - began)
        elsewhere = False
        in_turn = [took[place] for place in processes.dearest_first(pieces)]
        clock.saved += dealt(in_turn, number) - sum(took)
        return found

    processes.each = one_by_one
    loop.Trainer.step, loop.side_by_side, loop._batches = few, settled, again
    evaluation.evaluate = lines.evaluate = part
    lines.recompute_norms = fewer


def dealt(took: Sequence[float], hands: int) -> float:
    """How long pieces take, in this order, if whoever is free takes the next."""
    busy = [0.0] * hands
    for each in took:
        busy[busy.index(min(busy))] += each
    return max(busy)


def seconds(path: Path, say=print) -> float:
    """What the lesson would take, from the first cell to the last, in this environment's scale."""
    clock = Clock()
    shorten(clock)
    began, names = time.perf_counter(), {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as runs:
        os.environ["TICKETLAB_RUNS"] = runs
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
            if cell.cell_type == "code":
                before = time.perf_counter() - began + clock.saved
                exec(compile(cell.source, f"{path.name}[{number}]", "exec"), names)  # noqa: S102
                clock.settle()
                took = time.perf_counter() - began + clock.saved - before
                if took > 60:
                    say(f"cell {number}: {took:,.0f} s")
    return time.perf_counter() - began + clock.saved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", help="how its file begins, such as 04")
    parser.add_argument("scale", choices=("quick", "class", "paper"))
    chosen = parser.parse_args()
    os.environ |= {"TICKETLAB_SCALE": chosen.scale, "MPLBACKEND": "agg"}
    (path,) = LESSONS.glob(f"{chosen.lesson}*.ipynb")
    os.chdir(LESSONS)
    began = time.perf_counter()
    whole = seconds(path)
    print(f"{path.stem} at {chosen.scale}: {whole:,.0f} s, extrapolated from "
          f"{time.perf_counter() - began:,.0f} s")


if __name__ == "__main__":
    main()
