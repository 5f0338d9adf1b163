"""First-layer kernels of a network that was trained on ImageNet, where this machine has them.

They are other people's work and not part of this package: numbers measured on them are
(``lessons/reference/squeezenet_kernels.csv``). Lesson 09 builds on this file.
"""

from pathlib import Path

import numpy as np

from ticketlab.basics import environment
from ticketlab.data.image_files import downloading

FILE = "squeezenet1_0-conv1.npz"
_SHAPE = (96, 3, 7, 7)


def squeezenet_kernels(download: bool = False, progress: bool = True) -> np.ndarray | None:
    """The 96 first-layer kernels of SqueezeNet 1.0 (Iandola et al. 2016), trained on ImageNet: float32
    [96, 3, 7, 7], channels red, green, blue. None where this machine has none.

    Looked for in this order: ``squeezenet1_0-conv1.npz`` (array ``weight``) in the folder that
    TICKETLAB_DATA names and in the user's cache; torchvision's weights in torch's own cache, where
    whoever has once built ``torchvision.models.squeezenet1_0(weights="DEFAULT")`` has them. The two
    were trained apart, so that their kernels differ. download: fetch torchvision's (5 MB) if
    there are none. Raises ValueError for a file that holds something else, and DownloadError.
    Lesson 09 builds on it.
    """
    from platformdirs import user_cache_dir

    for folder in filter(None, (environment("TICKETLAB_DATA"), user_cache_dir("ticketlab"))):
        path = Path(folder).expanduser() / FILE
        if path.is_file():
            return _read(path)
    return _of_torchvision(download, progress)


def _read(path: Path) -> np.ndarray:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        weight = file["weight"] if "weight" in file.files else np.zeros(0)
    if weight.shape != _SHAPE or not np.isfinite(weight).all():
        raise ValueError(f"{path} holds no finite array weight of shape {_SHAPE}; replace it, or move "
                         "it away")
    return weight.astype(np.float32)


def _of_torchvision(download: bool, progress: bool) -> np.ndarray | None:
    import torch
    import torchvision

    weights = torchvision.models.SqueezeNet1_0_Weights.DEFAULT
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    if not download and not cached.is_file():
        return None
    cure = f"put {FILE} into a folder and set TICKETLAB_DATA to that folder."
    with downloading("SqueezeNet", f"from {weights.url}", progress, cure):
        state = weights.get_state_dict(progress=progress, check_hash=True)
    return state["features.0.weight"].numpy().astype(np.float32)
