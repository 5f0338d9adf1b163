"""What every test shares: the small scale, a folder for kept runs that is not the user's, pictures
without a screen, and no deadlines."""

import atexit
import os
import tempfile

import matplotlib
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
