"""Data sets as plain tensors: three splits, and where they came from.

datasets: ``Data`` and ``load``, by name
own: ``from_arrays`` and ``from_dataset``, data of your own
checks: what every ``Data`` is checked for
stratified: examples drawn in class proportions
image_files, text_files: files that are found, checked, and downloaded once
sentences: a grammar of our own that writes (lesson 06)
reference_tables: results that lessons 04-06 compare with
label_noise: a training split some of whose labels are wrong (lesson 06)
textures: oriented edges, shapes against textures, made on the spot; photographs: patches of
    scikit-learn's two photographs, and their independent components (lesson 09)
pretrained: kernels of a network trained on ImageNet, where this machine has them (lesson 09)
"""

from ticketlab.data import label_noise, photographs, sentences, textures
from ticketlab.data.datasets import VALIDATION_SHARE, Data, fingerprint, load
from ticketlab.data.image_files import CLASSES, DownloadError
from ticketlab.data.own import from_arrays, from_dataset
from ticketlab.data.pretrained import squeezenet_kernels
from ticketlab.data.reference_tables import reference_table
from ticketlab.data.text_files import tinyshakespeare

__all__ = ["CLASSES", "VALIDATION_SHARE", "Data", "DownloadError", "fingerprint", "from_arrays",
           "from_dataset", "label_noise", "load", "photographs", "reference_table", "sentences",
           "squeezenet_kernels", "textures", "tinyshakespeare"]
