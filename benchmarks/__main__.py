"""Run the benchmarks, all of them or those named: ``python -m benchmarks training slider``."""

import argparse

from benchmarks import (
    busy,
    images,
    importing,
    lab,
    line,
    lottery,
    machine,
    pages,
    slider,
    sweep,
    training,
    widths,
)

SUBJECTS = {"training": training.report, "images": images.report, "lottery": lottery.report,
            "line": line.report, "busy": busy.report, "widths": widths.report, "sweep": sweep.report,
            "slider": slider.report, "pages": pages.report, "lab": lab.report,
            "importing": importing.report}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", help=f"among {', '.join(SUBJECTS)}; default: all")
    chosen = parser.parse_args().subjects or list(SUBJECTS)
    unknown = [name for name in chosen if name not in SUBJECTS]
    if unknown:
        parser.error(f"no benchmark is called {unknown}; there are {list(SUBJECTS)}")
    print(machine.describe(), end="\n\n")
    for name in chosen:
        print(SUBJECTS[name](), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
