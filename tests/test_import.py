"""The core imports without Jupyter and without pictures, and says what it does not have."""

import subprocess
import sys

import pytest

import ticketlab as tl

LATER = ("matplotlib", "ipywidgets", "IPython", "pandas", "torchvision", "sklearn", "mnist1d", "tqdm", "platformdirs",
         "filelock", "distributed", "dask", "cloudpickle", "numpy.random")  # the last is a fifth of the time


def test_importing_the_core_loads_nothing_that_only_some_of_it_needs():
    code = ("import numpy, torch, sys; before = set(sys.modules); import ticketlab; "
            f"print([name for name in {LATER} if name in set(sys.modules) - before])")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_core_works_where_jupyter_and_matplotlib_are_not_installed():
    blocked = ("matplotlib", "ipywidgets", "IPython")
    code = (f"import sys; sys.modules.update(dict.fromkeys({blocked})); import ticketlab as tl; "
            "task = tl.nets.Task((4,), 2); stack = tl.draw(tl.nets.mlp(task, (3,)), [0]); "
            "print(float(tl.masks.density(tl.pruning.prune(stack, density=0.5))))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "0.5"


def test_rooms_for_pictures_come_when_asked_for():
    assert tl.claims.Band(low=1) and tl.figures.curves and tl.panels.prune_panel
    with pytest.raises(AttributeError, match="module 'ticketlab' has no attribute 'tickets'"):
        tl.tickets  # noqa: B018
