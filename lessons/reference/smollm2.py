"""What lesson 10 shows of SmolLM2-135M and does not compute itself: minutes to an hour on a CPU core.

    python lessons/reference/smollm2.py [PART ...]

Parts, in this order: grid, weights, writing, sparsegpt, parts, healing, layers, channels, spared; they
are in ``smollm2_cuts.py`` and ``smollm2_inside.py``, of the model of ``smollm2_bench.py``. Each writes
its own smollm2_PART.csv (README.md has the columns) and its entry of smollm2.json, row by row: a run
that was stopped goes on at the next row. The model is looked for, or downloaded, as `tl.language.load`
does it.
"""

import argparse
import os
import platform
import sys
import time
from pathlib import Path

import growing
import smollm2_cuts as cuts
import smollm2_inside as inside
import torch
from smollm2_bench import SPARSITIES, Bench

import ticketlab as tl

HERE = Path(__file__).resolve().parent

# part -> its key, and what its numbers hang on besides the bench, the library and the texts
PARTS = {cuts.grid: (("way", "sparsity"), ()),
         inside.weights: (("way", "sparsity"), (inside.blocks, inside.BINS)),
         cuts.writing: (("way", "sparsity"), (cuts.written, tl.language.PROMPT)),
         cuts.sparsegpt: (("way", "sparsity"), (cuts.reconstructed,)),
         cuts.parts: (("what", "budget"), (cuts.one_part, cuts.rise, cuts.budgets, cuts.measure_budget)),
         cuts.healing: (("way",), (cuts.healed, tl.language.heal)),
         inside.layers: (("model",), ()), inside.channels: (("text",), (inside.channel_rows,)),
         cuts.spared: (("way", "sparsity"), (cuts.sparing,))}


def fingerprint(part, model: str, evaluation: str, calibration: str) -> str:
    """Of all that a part's numbers hang on. model: its file. evaluation, calibration: of the texts."""
    return growing.fingerprint(part, Bench, *PARTS[part][1], SPARSITIES, model, evaluation, calibration,
                               tl.__version__)


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
        said = {"part": name, "command": f"python lessons/reference/smollm2.py {name}", "model": model,
                "evaluation": texts, "calibration": read,
                "fingerprint": fingerprint(made[name], model, texts, read),
                "date": time.strftime("%Y-%m-%d"), "threads": torch.get_num_threads(),
                "versions": {"python": platform.python_version(), "torch": torch.__version__,
                             "ticketlab": tl.__version__}}
        growing.grow(folder / f"smollm2_{name}.csv", folder / "smollm2.json", made[name](bench),
                     PARTS[made[name]][0], said)


if __name__ == "__main__":
    sys.exit(main())
