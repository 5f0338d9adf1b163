"""What every test shares: the small scale, pictures without a screen, and no deadlines."""

import os

import matplotlib
from hypothesis import settings

os.environ.setdefault("TICKETLAB_SCALE", "quick")

# Not through MPLBACKEND: the lessons' kernels would inherit it and then store no figure.
matplotlib.use("Agg")

# Two shared cores make any one example slow now and then; the same examples every run, so that a red
# run can be repeated.
settings.register_profile("ticketlab", deadline=None, derandomize=True)
settings.load_profile("ticketlab")
