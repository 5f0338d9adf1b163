"""Label noise: a training split some of whose labels are wrong.

Real data have wrong labels, and a large network learns them by heart: what that does to its test
error depends on its width (``ticketlab.scaling.double_descent``). Lesson 06 builds on this file.
"""

from dataclasses import replace

import numpy as np
import torch

from ticketlab.basics import whole_from
from ticketlab.data.datasets import Data


def label_noise(data: Data, share: float, seed: int) -> Data:
    """The data set with wrong labels on exactly ``round(share * N)`` of its N training examples.

    share: 0 to below 1; 15 % is 0.15. seed: a whole number from 0 up, which decides which examples
    and which labels, the same on every device. The examples are drawn from all of them alike, not
    class by class, and each wrong label from the other classes alike. (Nakkiran et al. 2019 and the
    double descent of MNIST-1D draw from all classes, the right one included: their 15 % make 13.5 %
    wrong with ten classes.) With one seed, the noise of a smaller share is part of a larger one's.
    Validation and test keep their labels. What was changed is ``noisy.y_train != data.y_train``.

    Raises ValueError for a share out of range or too small to change one label, for a negative
    seed, and for text, which has no classes. Lesson 06 builds on it.
    """
    if data.y_train.dim() > 1:
        raise ValueError(f"{data.name} is text, whose labels are the next characters; label noise "
                         "needs examples with one class each, such as mnist1d")
    if not 0 <= share < 1:
        raise ValueError(f"share is {share}; it must be at least 0 and below 1: write 15 % as 0.15")
    seed = whole_from("seed", seed)
    total = len(data.y_train)
    number = round(share * total)
    if share == 0:
        return data
    if number == 0:
        raise ValueError(f"share is {share}, which is less than one of the {total:,} training "
                         "labels; raise it, or use more data")
    generator = np.random.default_rng([seed, *b"label noise"])
    changed = torch.from_numpy(generator.permutation(total)[:number])
    # one number for every example, so that a larger share goes on where a smaller one ends
    steps = torch.from_numpy(generator.integers(1, data.classes, total))[:number]
    labels = data.y_train.cpu().clone()
    labels[changed] = (labels[changed] + steps) % data.classes
    note = f" {number:,} of {total:,} training labels are wrong (label noise with seed {seed})."
    return replace(data, y_train=labels.to(data.y_train.device), provenance=data.provenance + note)
