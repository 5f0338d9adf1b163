"""Whether the tests would notice: one-line mistakes, put into a copy of the package one at a time.

Each mutant is a mistake that would go through unseen in a notebook and make its numbers wrong: a
metric of another split, a mask that does not hold, a state carried over, a seed that decides
nothing. The tests named beside it must fail on it. Give names, or parts of them, to try only those.

    make mutants                           make mutants ARGS="barrier order"
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LIMIT = 240  # seconds; a mistake that makes the tests run on and on is noticed, too
# what the tests import anyway: once here, and not once a mutant
SLOW = ("torch", "torch.func", "hypothesis", "matplotlib.pyplot", "pandas", "pytest", "scipy.stats")

# short names of the tests that should notice
LOOP, RECIPES = ["training/test_loop.py"], ["training/test_recipe.py", "training/test_loop.py"]
CUT, ARMS = ["pruning/test_cut.py"], ["lottery/test_arms.py"]
SEARCH = ["lottery/test_known_bugs.py", "lottery/test_iterative_pruning.py"]
REWINDING, COMPARISONS = ["lottery/test_rewinding.py"], ["lottery/test_comparisons.py"]
LINES, CHILDREN = ["landscape/test_lines.py"], ["landscape/test_instability.py"]
FILES, KEPT = ["runs/test_files.py"], ["runs/test_training.py"]


class Mutant(NamedTuple):
    """``old`` stands exactly once in ``file``, a path below ticketlab/."""

    name: str
    file: str
    old: str
    new: str
    tests: list[str]


MUTANTS = [Mutant(*each) for each in (
    # training
    ("validation on the test split", "training/loop.py",
     "evaluate(stack, data.x_val, data.y_val)", "evaluate(stack, data.x_test, data.y_test)", LOOP),
    ("mask not applied after a step", "training/loop.py",
     "torch._foreach_mul_(self.masked, self.masks)", "pass", LOOP),
    ("mask not applied before the first step", "training/loop.py",
     "stack = apply_masks(stack, masks)", "pass", LOOP),
    ("learning rate one step ahead", "training/loop.py",
     "schedule.lr_at(step - 1))", "schedule.lr_at(step))", LOOP),
    ("gradient shared by the stack", "training/loop.py",
     "self.scale / losses.shape[1]", "self.scale / losses.numel()", LOOP),
    ("snapshot counted one step early", "training/loop.py",
     "kept[step] = trainer.snapshot(step)", "kept[step] = trainer.snapshot(step - 1)", LOOP),
    ("evaluation by the batch's own statistics", "training/loop.py",
     "forward(stack, part, shared=True)", "forward(stack, part, shared=True, training=True)", LOOP),
    ("optimiser fresh after a break", "training/optimizers.py",
     "if state and kind in state.get(name, {}):", "if False:", LOOP),
    ("no weight decay", "training/optimizers.py",
     '"weight_decay": self.recipe.weight_decay', '"weight_decay": 0.0', LOOP),
    ("order ignores the seed", "training/orders.py",
     "default_rng([seed, epoch])", "default_rng([0, epoch])", LOOP),
    ("order the same in every epoch", "training/orders.py",
     "default_rng([seed, epoch])", "default_rng([seed, 0])", LOOP),
    ("epoch begun anew after a break", "training/orders.py",
     "at = step % per_epoch * batch", "at = (step - start) % per_epoch * batch", LOOP),
    ("drop one step late", "training/recipe.py", "sum(drop <= step", "sum(drop < step", RECIPES),
    ("warm-up from zero", "training/recipe.py",
     "(step + 1) / self.warmup", "step / self.warmup", RECIPES),
    ("early stop on test loss", "training/history.py",
     'self.curves["val_loss"].argmin(', 'self.curves["test_loss"].argmin(', LOOP),
    ("crops the same in every epoch", "training/augmentation.py",
     '[seed, epoch, *b"crop-flip"]', '[seed, 0, *b"crop-flip"]', ["training/test_augmentation.py"]),
    ("masks of other groups", "training/joining.py",
     "masks[each] for each in aboard", "masks[each] for each in sorted(aboard)",
     ["training/test_joining.py"]),
    # pruning
    ("pruned weights compete with negative scores", "pruning/cut.py",
     "masked_fill(~masks[name], -torch.inf)", "masked_fill(~masks[name], 0)", CUT),
    ("magnitude with its sign", "pruning/cut.py",
     "stack.parameters[name].detach().abs()", "stack.parameters[name].detach()", CUT),
    ("ties the other way round", "pruning/cut.py",
     "order = torch.cat(flat, 1).argsort(dim=1, stable=True)",
     "order = torch.cat(flat, 1).flip(1).argsort(1, stable=True).neg() + sum("
     "part.shape[1] for part in flat) - 1", CUT),
    ("the output layer's own rate ignored", "pruning/cut.py",
     "share.get(layer_name(name), share.get(kind))",
     'share.get(layer_name(name), share.get("hidden", share.get(kind)))', CUT),
    ("rate of all weights", "pruning/cut.py",
     "keep = [n - round(shares[pool[0]] * n) for n in alive]",
     "keep = [n - round(shares[pool[0]] * sum(sizes)) for n in alive]", CUT),
    ("rate one round off", "pruning/cut.py",
     "1 - density ** (1 / rounds)", "1 - density ** (1 / (rounds + 1))", CUT),
    ("movement only away from zero", "pruning/cut.py",
     "(stack.parameters[name] - initial.parameters[name]).detach().abs()",
     "(stack.parameters[name].abs() - initial.parameters[name].abs()).detach().clamp(0)", CUT),
    ("movement with its sign", "pruning/cut.py",
     "(stack.parameters[name] - initial.parameters[name]).detach().abs()",
     "(stack.parameters[name] - initial.parameters[name]).detach()", CUT),
    ("saliency with its sign", "pruning/cut.py",
     "(w * g).detach().abs()", "(w * g).detach()", CUT),
    ("one random score for all replicates", "pruning/cut.py",
     "default_rng([seed, 1])", "default_rng([seeds[0], 1])", CUT),
    ("density counts biases", "pruning/masks.py",
     "return kept.double() / sum(mask[0].numel() for",
     "return kept.double() / sum(mask[0].numel() + len(mask[0]) for", CUT),
    ("masking changes the given stack", "pruning/masks.py",
     "pruned = stack.clone()", "pruned = stack", CUT),
    # lottery
    ("rewind to the end", "lottery/iterative_pruning.py",
     "stem = run.snapshots[k] if k", "stem = run.end if k", SEARCH),
    ("momentum kept across rounds", "lottery/iterative_pruning.py",
     "masks), k, stem.optimizer)", "masks), k, run.end.optimizer)", SEARCH),
    ("cut by the weights of the rewind step", "lottery/iterative_pruning.py",
     "masks = prune(run.stack, masks,", "masks = prune(stem.stack, masks,", SEARCH),
    ("optimiser's state not checked", "lottery/invariants.py",
     "_demand(_same_state(start.optimizer, stem.optimizer),", "_demand(True,", SEARCH),
    ("orders of the controls not paired", "lottery/iterative_pruning.py",
     "order_seeds=tickets.seeds * len(batch)", "order_seeds=range(R * len(batch))", ARMS),
    ("random arm with one seed", "lottery/arms.py",
     '_generator(seed, "random")', '_generator(tickets.seeds[0], "random")', ARMS),
    ("random arm with the first replicate's densities", "lottery/arms.py",
     "gone = (~mask).flatten(1).sum(1, keepdim=True)",
     "gone = (~mask).flatten(1).sum(1, keepdim=True)[:1]", ARMS),
    ("one shuffle for all replicates", "lottery/arms.py",
     '_generator(seed, "shuffled", level.number)', '_generator(0, "shuffled", level.number)', ARMS),
    ("shuffled across replicates", "lottery/arms.py",
     "masks[name] = mask.flatten(1).gather(1, order).view(mask.shape)",
     "masks[name] = mask.flatten()[torch.randperm(mask.numel())].view(mask.shape)", ARMS),
    ("signs of the initialisation", "lottery/arms.py",
     ", tickets.stem.stack", ", tickets.initial", ARMS),
    ("one redraw for all levels", "lottery/arms.py",
     '"redraw", level.number', '"redraw"', ARMS),
    ("fine-tuning from a level later", "lottery/arms.py",
     "tickets.trials[level.number - 1]", "tickets.trials[level.number]", ARMS),
    ("fine-tuning at the first learning rate", "lottery/rewinding.py",
     "lr_at(total - 1)", "lr_at(0)", REWINDING),
    ("learning rate rewound to the beginning", "lottery/rewinding.py",
     "masks), stem.step)", "masks), 0)", REWINDING),
    ("table of validation accuracies", "lottery/trials.py",
     'run.last("test_accuracy")', 'run.last("val_accuracy")', SEARCH),
    ("early accuracy the best on test", "lottery/trials.py",
     'run.at_best_step("test_accuracy")', 'run.curves["test_accuracy"].amax(0)', SEARCH),
    ("interval one-sided", "lottery/comparisons.py",
     "t.ppf((1 + confidence) / 2,", "t.ppf(confidence,", COMPARISONS),
    ("replicates paired as they come", "lottery/comparisons.py",
     '.sort_values("replicate")', "", COMPARISONS),
    # landscape
    ("barrier above the higher end", "landscape/lines.py",
     "(self.error[0] + self.error[-1]) / 2", "self.error[[0, -1]].amax(0)", LINES),
    ("line on the training split", "landscape/lines.py",
     'getattr(data, f"x_{split}"), getattr(data, f"y_{split}")',
     "data.x_train, data.y_train", LINES),
    ("statistics not recomputed", "landscape/lines.py",
     "nets = recompute_norms(nets, data, examples=norm_examples, batch=batch)", "pass", LINES),
    ("children in one order", "landscape/instability.py",
     '[seed, child, *b"children"]', '[seed, 0, *b"children"]', CHILDREN),
    ("one order for all replicates", "landscape/instability.py",
     "[_order_seed(seed, child) for seed in seeds]",
     "[_order_seed(seeds[0], child) for _ in seeds]", CHILDREN),
    # runs
    ("digest ignores the dtype", "digests.py", "{name} {tensor.dtype} ", "{name} ", FILES),
    ("checksum of a table not checked", "runs/files.py",
     "found == _checksum(table) and content ==", "content ==", FILES),
    ("digest of tensors not checked", "runs/files.py",
     'if notes.get("digest") != digest(tensors, _line(rest)):', "if False:", FILES),
    ("resumed one step late", "runs/units.py",
     'notes["step"], True,', 'notes["step"] + 1, True,', KEPT),
    ("masks not part of the key", "runs/units.py",
     "None if self.masks is None else digest(self.masks)", "None", KEPT),
    ("orders not part of the key", "runs/units.py",
     '"order_seeds": self.order_seeds', '"order_seeds": len(self.order_seeds)', KEPT),
    ("optimiser not part of the key", "runs/units.py",
     "digest(_flat(self.start))", "digest(_flat(self.start._replace(optimizer=None)))", KEPT),
    ("random numbers begun anew after a break", "runs/training.py",
     'torch.set_rng_state(state.random["cpu"])', "pass", KEPT),
)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only mutants whose name contains one of these")
    names = parser.parse_args().names
    chosen = [each for each in MUTANTS if not names or any(part in each.name for part in names)]
    if not chosen:
        sys.exit(f"no mutant is called so; there are {', '.join(each.name for each in MUTANTS)}")
    with tempfile.TemporaryDirectory(prefix="ticketlab-mutants-") as folder:
        copy = Path(folder)
        for name in ("ticketlab", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        wrong = [each.name for each in MUTANTS
                 if (copy / "ticketlab" / each.file).read_text("utf-8").count(each.old) != 1]
        if wrong:
            sys.exit(f"the code has changed under these, write them anew: {', '.join(wrong)}")
        for name in SLOW:
            importlib.import_module(name)
        return report(copy, chosen)


def report(copy: Path, chosen: list[Mutant]) -> int:
    began = time.monotonic()
    # tests that fail anyway would "notice" everything
    if fails(copy, sorted({file for each in chosen for file in each.tests})):
        sys.exit("a test fails without any mistake, so nothing can be said\n"
                 + (copy / "output.txt").read_text()[-3000:])
    survived = []
    for number, mutant in enumerate(chosen, start=1):
        file = copy / "ticketlab" / mutant.file
        text = file.read_text("utf-8")
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        killed = fails(copy, mutant.tests)
        file.write_text(text, "utf-8")
        survived += [] if killed else [mutant.name]
        print(f"{number:3} {'killed  ' if killed else 'SURVIVED'}  {mutant.name}", flush=True)
    print(f"{len(chosen) - len(survived)} of {len(chosen)} mistakes are noticed, "
          f"in {time.monotonic() - began:.0f} s")
    if survived:
        print(f"NOT noticed: {', '.join(survived)}")
    return int(bool(survived))


def fails(copy: Path, tests) -> bool:
    """Whether a test fails, in a process of its own that only reads the copy."""
    child = os.fork()  # nothing of ours is imported yet, and torch has not computed anything
    if child == 0:
        with open(copy / "output.txt", "w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = sys.path[0] = str(copy)
        # a file changed twice within a second would be taken for the same one
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        signal.alarm(LIMIT)
        import pytest

        import ticketlab

        found = Path(ticketlab.__file__).is_relative_to(copy)
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml",
                            *(f"tests/{each}" for each in tests)]) if found else 5
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 2, -signal.SIGALRM):  # 2: it cannot even be imported
        sys.exit(f"the tests could not be run ({code}):\n"
                 + (copy / "output.txt").read_text()[-3000:])
    return code != 0


if __name__ == "__main__":
    sys.exit(main())
