"""Whether the tests would notice: one-line mistakes, put into a copy of the package one at a time.

Each mutant is a mistake that would go through unseen in a notebook and make its numbers wrong: a
metric of another split, a mask that does not hold, a state carried over, a seed that decides
nothing. The test named beside it must fail on it: only that one is run, so that a property is
protected by the test that states it, and not by luck elsewhere. Give parts of names for only some.

    make mutants                           make mutants ARGS="barrier order"
"""

import argparse
import compileall
import importlib
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tools.mutants import MUTANTS, ROOT, Mutant

LIMIT = 900  # seconds; a mistake that makes a test run on and on is noticed, too
# what the tests import anyway: once here, and not once a mutant
SLOW = ("torch", "torch.func", "hypothesis", "matplotlib.pyplot", "pandas", "pytest", "scipy.stats")


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
        # bytecode that is checked by content: a file changed twice a second is not taken for itself
        compileall.compile_dir(copy, quiet=1,
                               invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        for name in SLOW:
            importlib.import_module(name)
        return report(copy, chosen)


def report(copy: Path, chosen: list[Mutant]) -> int:
    began = time.monotonic()
    # tests that fail anyway would "notice" everything
    if fails(copy, sorted({each.id for each in chosen})):
        sys.exit("a test fails without any mistake, so nothing can be said\n"
                 + (copy / "output.txt").read_text()[-3000:])
    survived = []
    for number, mutant in enumerate(chosen, start=1):
        file = copy / "ticketlab" / mutant.file
        text = file.read_text("utf-8")
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        killed = fails(copy, [mutant.id])
        file.write_text(text, "utf-8")
        survived += [] if killed else [mutant.name]
        print(f"{number:3} {'killed  ' if killed else 'SURVIVED'}  {mutant.name}", flush=True)
    print(f"{len(chosen) - len(survived)} of {len(chosen)} mistakes are noticed, "
          f"in {time.monotonic() - began:.0f} s")
    if survived:
        print(f"NOT noticed: {', '.join(survived)}")
    return int(bool(survived))


def fails(copy: Path, tests: list[str]) -> bool:
    """Whether a test fails, in a process of its own that only reads the copy."""
    child = os.fork()  # nothing of ours is imported yet, and torch has not computed anything
    if child == 0:
        with open(copy / "output.txt", "w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = sys.path[0] = str(copy)
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        signal.alarm(LIMIT)
        import pytest

        import ticketlab

        found = Path(ticketlab.__file__).is_relative_to(copy)
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml",
                            *tests]) if found else 5
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 2, -signal.SIGALRM):  # 2: it cannot even be imported
        sys.exit(f"the tests could not be run ({code}):\n"
                 + (copy / "output.txt").read_text()[-3000:])
    return code != 0


if __name__ == "__main__":
    sys.exit(main())
