"""Execute lessons anew and store their outputs: `make lessons`, or `python tools/execute.py 03`.

Runs each notebook in its own folder at scale `quick`, and stores it so that a second run changes
as little as possible: no timings, no versions, no widget views (stored.py). Before that it stamps the
setup cell (setup_cell.py), the card's costs (costs.py) and the links (navigation.py) into each; with
`--stamp` that is all, for when only the address, a cost or a lesson's name changed.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import costs
import covers
import live
import navigation
import nbformat
import psutil
import setup_cell
import stored
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell

LESSONS = Path(__file__).resolve().parent.parent / "lessons"
SECONDS_A_CELL = 600
TIMINGS = ("execution", "ExecuteTime")


def lessons(names, folder):
    """The notebooks in `folder` that begin with one of `names`; without names, all of them."""
    there = sorted(folder.glob("*.ipynb"))
    chosen = set()
    for name in names:
        wanted = Path(name).name.removesuffix(".ipynb")
        matches = [path for path in there if path.stem.startswith(wanted)]
        if not matches:
            known = ", ".join(path.stem for path in there) or "none"
            raise SystemExit(
                f"No lesson begins with {name!r} in {folder.name}/. There are: {known}"
            )
        chosen.update(matches)
    return sorted(chosen) if names else there


def tidy(notebook):
    """Take out of an executed notebook, in place, what differs from run to run or cannot be shown."""
    notebook.metadata.kernelspec = stored.KERNEL
    stored.mend(notebook)
    for cell in notebook.cells:
        for key in TIMINGS:
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain")
            if text is not None:
                output.data["text/plain"] = stored.finish_bar(text)


def read(path):
    """The notebook at `path` with its setup cell, its card and its links as they have to be."""
    notebook = nbformat.read(path, as_version=4)
    setup_cell.stamp(notebook, path.stem, setup_cell.address())
    costs.stamp(notebook, path.stem)
    navigation.stamp(notebook, path.stem, [each.stem for each in lessons([], path.parent)])
    return notebook


def write(notebook, path):
    """Store a notebook, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        nbformat.write(notebook, unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


# Put behind a lesson while it runs, and never stored: the kernel's own peak.
MEMORY = """
import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


class Others(threading.Thread):
    """Looks again and again at the processes that the kernel has begun. ``peak``: the most memory, in
    bytes, that they had together and shared with nobody."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.over = 0, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()

    def run(self):
        here = psutil.Process()
        while not self.over.wait(0.5):
            kernel = here.children()
            own = 0
            for each in here.children(recursive=True):
                if each not in kernel:
                    with contextlib.suppress(psutil.Error):  # it has ended, or is somebody else's
                        own += each.memory_full_info().uss
            self.peak = max(self.peak, own)


def check_words(notebook):
    """Raises SystemExit for a figure that does not say in words what it shows, naming its cell."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}) and not (
                output.metadata.get("image/png", {}).get("alt")
            ):
                raise SystemExit(
                    "A figure has no alternative text. `import ticketlab` before it is drawn, or give it "
                    f"as metadata. The cell:\n{cell.source}"
                )


def execute(path):
    """Execute the notebook at `path` and store it; gives the seconds it took, without those of saving its
    panels for the site, and the most memory, in bytes, or None where the system does not say. On any
    error the stored file stays as it was."""
    start, notebook = time.perf_counter(), read(path)
    extra = [MEMORY] if os.name == "posix" else []
    extra.append(live.save(path.stem))
    notebook.cells += map(new_code_cell, extra)
    with Others() as others:
        NotebookClient(
            notebook,
            timeout=SECONDS_A_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": str(path.parent)}},
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            extra_arguments=[
                "--IPKernelApp.log_level=40"
            ],  # errors only: nothing else is for the reader
        ).execute()
    said = [notebook.cells.pop().outputs[0].text for _ in extra]
    peak = int(said[-1]) + others.peak if os.name == "posix" else None
    seconds = time.perf_counter() - start - float(said[0])
    tidy(notebook)
    check_words(notebook)
    write(notebook, path)
    covers.write(notebook, path)
    return seconds, peak


def main(arguments=None, folder=LESSONS):
    parser = argparse.ArgumentParser(
        description="Execute lessons at scale quick and store their outputs."
    )
    parser.add_argument(
        "names", nargs="*", help="which lessons, by the beginning of their names (all)"
    )
    parser.add_argument(
        "--stamp",
        action="store_true",
        help="write setup cell, costs and links, and execute nothing",
    )
    options = parser.parse_args(arguments)
    chosen = lessons(options.names, folder)
    if options.stamp:
        for path in chosen:
            write(read(path), path)
        return
    os.environ["TICKETLAB_SCALE"] = "quick"
    # what is stored was computed now, not loaded from runs that the user has kept
    with tempfile.TemporaryDirectory(prefix="ticketlab-runs-") as runs:
        os.environ["TICKETLAB_RUNS"] = runs
        execute_all(chosen, runs)


def kept(folder):
    """Bytes of all files below a folder: what lessons keep there of their finished work."""
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


def execute_all(paths, runs):
    """Execute notebooks in turn, saying what each cost; the first that fails ends it."""
    began = time.perf_counter()
    for path in paths:
        before = kept(runs)
        print(f"{path.stem} …", end=" ", flush=True)
        try:
            seconds, peak = execute(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            # nbclient's message holds the cell's source and what it raised
            print("stopped\n")
            sys.exit(f"{error}\n{path.name} is stored as it was. Mend the cell and run it again.")
        memory = f", {peak / 1e9:.1f} GB" if peak else ""
        disk = f", {(kept(runs) - before) / 1e6:.0f} MB kept"
        print(f"{seconds:.1f} s{memory}{disk}", flush=True)
    print(f"all … {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
