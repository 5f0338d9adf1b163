"""Gabor functions fitted to the 96 first-layer kernels of SqueezeNet 1.0, and to controls.

Writes the table of the fits and how it was made beside this file; lesson 09 draws it where the
kernels themselves are not there. They come from ``tl.data.squeezenet_kernels()``.

    python lessons/reference/squeezenet_kernels.py
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import scipy
from growing import store

import ticketlab as tl

HERE = Path(__file__).resolve().parent
SOURCE = ("features.0 of SqueezeNet 1.0 (Iandola et al. 2016, arXiv 1602.07360), trained on ImageNet, as "
          "its authors published it in the repository songhan/SqueezeNet-Deep-Compression (weights "
          "quantised to 256 values a layer), BSD 2-clause licence. The kernels are no part of this "
          "course; these numbers were measured on them.")


def shuffled(kernels):
    """Each kernel's pixels in another order, the channels together: as many values, no neighbourhood."""
    draw = np.random.default_rng(0)
    flat = kernels.reshape(*kernels.shape[:2], -1)
    return np.stack([one[:, draw.permutation(flat.shape[2])] for one in flat]).reshape(kernels.shape)


def measured(kernels, starts: int):
    """The fits of ``tl.kernels.fit``, with the share and the colour of what was fitted."""
    parts, fits = tl.kernels.separate(kernels), tl.kernels.fit(kernels, starts=starts)
    fits = fits.assign(share=parts.share, grey=parts.grey)
    return fits.assign(**dict(zip(("red", "green", "blue"), parts.colour.T, strict=True)))


def summary(fits) -> dict:
    return {"median r2": round(fits["r2"].median(), 3), "above 0.8": round((fits["r2"] >= 0.8).mean(), 3),
            "above 0.9": round((fits["r2"] >= 0.9).mean(), 3),
            "median share": round(fits["share"].median(), 3),
            "not converged": int((~fits["converged"]).sum())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=6, help="of each fit")
    asked = parser.parse_args()
    kernels = tl.data.squeezenet_kernels()
    if kernels is None:
        raise SystemExit("no kernels here: put squeezenet1_0-conv1.npz into the folder that "
                         "TICKETLAB_DATA names")
    began = time.perf_counter()
    table = measured(kernels, asked.starts)
    controls = {"pixels shuffled": measured(shuffled(kernels), asked.starts),
                "random": measured(tl.kernels.random_kernels(96, (7, 7), 3), asked.starts)}
    store(HERE / "squeezenet_kernels.csv", table.round(5).to_csv(index=False, lineterminator="\n"))
    rows = {"trained": table, **controls}
    about = {
        "what": "Gabor functions fitted to 96 kernels of 7x7, one row a kernel",
        "source": SOURCE,
        "command": f"python lessons/reference/squeezenet_kernels.py --starts {asked.starts}",
        "starts": asked.starts, "minutes": round((time.perf_counter() - began) / 60, 1),
        "summary": {name: summary(own) for name, own in rows.items()},
        "hardware": f"{os.cpu_count()} CPU cores ({platform.machine()})",
        "date": time.strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), "scipy": scipy.__version__,
                     "ticketlab": tl.__version__}}
    store(HERE / "squeezenet_kernels.json", json.dumps(about, indent=1) + "\n")
    print(json.dumps(about["summary"], indent=1))


if __name__ == "__main__":
    main()
