"""What every test shares: the small scale, a folder for kept runs that is not the user's, pictures
without a screen, no deadlines, and a machine of two cores."""

import atexit
import os
import tempfile

import matplotlib
import pytest
from hypothesis import settings

os.environ.setdefault("TICKETLAB_SCALE", "quick")

# The kernels of the lessons inherit it: what they show is computed now, not loaded from a run the
# user has kept.
_runs = tempfile.TemporaryDirectory(prefix="ticketlab-runs-")
os.environ["TICKETLAB_RUNS"] = _runs.name
atexit.register(_runs.cleanup)

# Not through MPLBACKEND: the lessons' kernels would inherit it and then store no figure.
matplotlib.use("Agg")

# Two shared cores make any one example slow now and then; the same examples every run, so that a red
# run can be repeated.
settings.register_profile("ticketlab", deadline=None, derandomize=True)
settings.load_profile("ticketlab")

@pytest.fixture
def two_cores(monkeypatch):
    """A notebook on a machine of two cores whose user has said nothing."""
    import torch

    from ticketlab.basics import threads

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(threads, "_GIVEN", False)
    monkeypatch.setattr(threads, "_FOUND", 2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def none_left():
    """The processes of side-by-side work end with the file that has begun them."""
    yield
    from ticketlab.basics import processes

    processes._pool(1).shutdown(kill_workers=True)
