"""How large the experiments are: the same cells at three scales, chosen by ``TICKETLAB_SCALE``.

``quick``   MNIST-1D on a laptop CPU, no network, every lesson within a minute (the default)
``class``   MNIST, LeNet-300-100, shortened training: a workshop on a Colab GPU, or a patient CPU
``paper``   MNIST with the full recipe of Frankle & Carbin 2019, figure 2: 50,000 steps a net

What single lessons add stands in files of their own: ``rewinding`` (05), ``scaling`` (06), ``surface``
(07), ``random_networks`` (08), ``language`` (10). All lessons begin by asking for the scale. Lesson 01
builds on this file.
"""

from dataclasses import dataclass, fields, is_dataclass, replace

import torch

from ticketlab import data
from ticketlab.basics import environment, stop
from ticketlab.scales import language, random_networks, rewinding, scaling, surface
from ticketlab.training import Recipe

VARIABLE = "TICKETLAB_SCALE"


@dataclass(frozen=True)
class Scale:
    """One scale: the data set, the recipe for its multi-layer perceptron, how many replicates stand
    behind every error bar, the rounds of iterative pruning (how many, and the rate of each), and
    what lessons 05 to 08 train and lesson 10 reads."""

    name: str
    dataset: str
    recipe: Recipe
    replicates: int
    levels: int
    rate: dict[str, float]
    rewinding: rewinding.Rewinding
    scaling: scaling.Scaling
    surface: surface.Surface
    random: random_networks.RandomNetworks
    language: language.Language

    @property
    def device(self) -> str:
        """``"cuda"`` where there is a GPU and the scale is worth it, else ``"cpu"``."""
        return "cuda" if self.name != "quick" and torch.cuda.is_available() else "cpu"

    def load(self, dataset: str | None = None) -> data.Data:
        """The scale's data set, or another one such as ``rewinding.dataset``, on the scale's device;
        raises as ``data.load`` does."""
        return data.load(dataset or self.dataset, device=self.device)


_SCALES = {scale.name: scale for scale in (
    Scale("quick", "mnist1d", Recipe("adam", lr=2e-3, batch=100, steps=1_500), 5, 6, scaling.COARSE,
          rewinding.QUICK, scaling.QUICK, surface.QUICK, random_networks.QUICK, language.QUICK),
    Scale("class", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=5_000, evaluate_every=250), 5,
          6, scaling.COARSE, rewinding.CLASS, scaling.CLASS, surface.CLASS, random_networks.CLASS,
          language.CLASS),
    Scale("paper", "mnist", Recipe("adam", lr=1.2e-3, batch=60, steps=50_000), 5, 20,
          {"hidden": 0.2, "output": 0.1}, rewinding.PAPER, scaling.PAPER, surface.PAPER,
          random_networks.PAPER, language.PAPER),
)}


def current() -> Scale:
    """The scale that the environment variable ``TICKETLAB_SCALE`` names, ``quick`` by default.

    On a CPU all of it is trained in float32: 16 bits are for GPUs, and a processor that has no such
    arithmetic takes ten times as long with them.

    Raises ValueError for a name that is no scale; in a notebook every later cell says so, too.
    """
    name = environment(VARIABLE) or "quick"
    if name in _SCALES:
        found = _SCALES[name]
        return _in_float32(found) if found.device == "cpu" else found
    raise stop(f"{_unknown(name)}. Set it before JupyterLab starts, or with %env {VARIABLE}=quick in a "
               "cell of its own, and run the notebook from the top.", VARIABLE,
               lambda: (environment(VARIABLE) or "quick") in _SCALES)


def named(name: str) -> Scale:
    """The scale of that name; raises ValueError for a name that is no scale."""
    if name not in _SCALES:
        raise ValueError(_unknown(name))
    return _SCALES[name]


def _in_float32(plan):
    """The same plan with all of its recipes, however deep they lie, in float32."""
    if isinstance(plan, Recipe):
        return plan.with_(precision="float32")
    if hasattr(plan, "_make"):  # a named tuple, such as scaling.Protocol
        return plan._make(map(_in_float32, plan))
    if not is_dataclass(plan):
        return plan
    return replace(plan, **{field.name: _in_float32(getattr(plan, field.name)) for field in fields(plan)})


def _unknown(name: str) -> str:
    return f"the scale ({VARIABLE}) is {name!r}; it must be one of {list(_SCALES)}"
