"""Without a network every data set says what was tried, and how to do without."""

import socket

import pytest
import torchvision

from tests.data.test_image_files import visible
from ticketlab.data import DownloadError, load, text_files


@pytest.fixture
def closed(monkeypatch):
    """An address of this machine where nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("MNIST", "FashionMNIST"):
        monkeypatch.setattr(getattr(torchvision.datasets, name), "mirrors", [address])
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", address + "cifar.tar.gz")
    monkeypatch.setattr(text_files, "URL", address + "input.txt")
    return address


IMAGES = "put {}.npz into a folder and set TICKETLAB_DATA to that folder", "load('digits') need no network"


@pytest.mark.parametrize("name, source, cures", [
    ("mnist", "with torchvision.datasets.MNIST from ", [*IMAGES, "x_train, uint8 (N, 28, 28), y_train, integers 0 to 9 (N,)"]),
    ("fashion_mnist", "with torchvision.datasets.FashionMNIST from ", [*IMAGES, "x_train, uint8 (N, 28, 28)"]),
    ("cifar10", "with torchvision.datasets.CIFAR10 from ", [*IMAGES, "x_train, uint8 (N, 32, 32, 3)"]),
    ("tinyshakespeare", "from ", ["as tinyshakespeare.txt, into a folder and set TICKETLAB_DATA", "load('sentences') needs no network"]),
])
def test_without_a_network_the_message_says_what_was_tried_and_the_cure(closed, cache, name, source, cures):
    with pytest.raises(DownloadError) as error:
        load(name, progress=False)
    for part in (f"{name} could not be downloaded {source}{closed}", "refused", "Load again to retry", *cures):
        assert part.format(name) in str(error.value)
    assert visible(cache) == [] and socket.getdefaulttimeout() is None
