"""Data sets as plain tensors: three splits, and where they came from.

datasets: ``Data`` and ``load``, by name
image_files, text_files: files that are found, checked, and downloaded once
sentences: a grammar of our own that writes (lesson 06)
label_noise: a training split some of whose labels are wrong (lesson 06)
"""

from ticketlab.data import label_noise, sentences
from ticketlab.data.datasets import VALIDATION_SHARE, Data, fingerprint, load
from ticketlab.data.image_files import CLASSES, DownloadError

__all__ = ["CLASSES", "Data", "DownloadError", "VALIDATION_SHARE", "fingerprint", "label_noise",
           "load", "sentences"]
