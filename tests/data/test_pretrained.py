"""Kernels of a network that is not ours: found where they are, None where they are not."""

import numpy as np
import pytest
import torch
import torchvision

from ticketlab.data import DownloadError, pretrained, squeezenet_kernels


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    """A machine that has none of them."""
    monkeypatch.setenv("TICKETLAB_DATA", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path


def test_without_a_file_and_without_a_download_there_are_none():
    assert squeezenet_kernels() is None


def test_the_file_of_the_data_folder_is_read(empty):
    values = np.random.default_rng(0).normal(size=(96, 3, 7, 7)).astype(np.float32)
    np.savez(empty / pretrained.FILE, weight=values)
    assert np.array_equal(squeezenet_kernels(), values)


@pytest.mark.parametrize("arrays", [{"weight": np.zeros((96, 3, 3, 3))}, {"other": np.zeros(3)},
                                    {"weight": np.full((96, 3, 7, 7), np.nan)}])
def test_a_file_that_holds_something_else_is_named(empty, arrays):
    np.savez(empty / pretrained.FILE, **arrays)
    with pytest.raises(ValueError, match="squeezenet1_0-conv1.npz holds no finite array"):
        squeezenet_kernels()


def test_torchvisions_weights_are_taken_where_torch_has_them(empty, monkeypatch):
    weights = torchvision.models.SqueezeNet1_0_Weights.DEFAULT
    cached = empty / "hub" / "checkpoints" / weights.url.rpartition("/")[2]
    state = torchvision.models.squeezenet1_0().state_dict()
    monkeypatch.setattr(type(weights), "get_state_dict", lambda self, **more: torch.load(cached))
    cached.parent.mkdir(parents=True)
    torch.save(state, cached)
    assert np.array_equal(squeezenet_kernels(progress=False), state["features.0.weight"].numpy())


def test_a_download_that_fails_says_what_to_do(monkeypatch):
    def fails(self, **more):
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.models.SqueezeNet1_0_Weights, "get_state_dict", fails)
    with pytest.raises(DownloadError, match="(?s)no route to host.*TICKETLAB_DATA"):
        squeezenet_kernels(download=True, progress=False)
