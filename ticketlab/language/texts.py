"""Texts that every install has, apart for calibration and for evaluation; the loss and the perplexity
on them.

They are the descriptions of data sets that come with scikit-learn: plain prose, tables, references.
Three documents are read for evaluation and no cut ever sees them. Lesson 10 builds on this file.
"""

import hashlib
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ticketlab.basics import whole_from

EVALUATION = ("breast_cancer", "digits", "twenty_newsgroups")
CALIBRATION = ("california_housing", "covtype", "diabetes", "iris", "kddcup99", "lfw", "linnerud",
               "olivetti_faces", "rcv1", "species_distributions", "wine_data")


def descriptions() -> dict[str, str]:
    """The texts by name. Other versions of scikit-learn may word them a little differently."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "descr"
    return {name: (folder / f"{name}.rst").read_text(encoding="utf-8")
            for name in EVALUATION + CALIBRATION}


def evaluation(tokenizer, length: int = 512) -> dict[str, Tensor]:
    """Three texts to be judged by: name -> their first ``length`` tokens, int64 [T]."""
    return _cut(tokenizer, EVALUATION, whole_from("length", length, 2))


def calibration(tokenizer, count: int = 8, length: int = 256) -> Tensor:
    """Texts from which a cut may learn what goes into the layers: int64 [count, length], pieces that
    follow one another of all other descriptions. Raises ValueError if there is not so much text."""
    count, length = whole_from("count", count, 1), whole_from("length", length, 1)
    tokens = torch.cat(list(_cut(tokenizer, CALIBRATION, None).values()))
    if count * length > len(tokens):
        raise ValueError(f"count x length is {count * length:,} tokens, and the texts for "
                         f"calibration have {len(tokens):,}; ask for fewer")
    # from the whole text at even distances, not from its beginning
    starts = [round(place * (len(tokens) - length) / max(1, count - 1)) for place in range(count)]
    return torch.stack([tokens[start:start + length] for start in starts])


def _cut(tokenizer, names, length: int | None) -> dict[str, Tensor]:
    texts = descriptions()
    return {name: tokenizer.encode(texts[name])[:length] for name in names}


def text_loss(net, tokens: Tensor) -> float:
    """The mean loss of guessing each token from those before it, in nats a token. tokens: int64 [T].

    Raises ValueError for fewer than two tokens. Lesson 10.
    """
    if tokens.dim() != 1 or len(tokens) < 2:
        raise ValueError(f"tokens is {tuple(tokens.shape)}; one text of at least two tokens is "
                         f"needed, [T]")
    tokens = tokens.to(next(net.parameters()).device)
    with torch.no_grad():
        scores = net(tokens[None, :-1])[0]
        # in parts: the scores of 512 tokens take 0.1 GB, and their softmax as much again
        losses = [F.cross_entropy(part.float(), own, reduction="sum").item()
                  for part, own in zip(scores.split(128), tokens[1:].split(128), strict=True)]
    return sum(losses) / (len(tokens) - 1)


def text_perplexity(net, texts: dict[str, Tensor]) -> Tensor:
    """exp(loss) of each text, float64 [texts]: as if the net chose evenly among so many tokens. 1 is
    certain and right; one that knows nothing has the size of the vocabulary, a wrong one more."""
    if not texts:
        raise ValueError("there is no text; give at least one, such as tl.language.evaluation(tokenizer)")
    return torch.tensor([math.exp(min(700, text_loss(net, tokens))) for tokens in texts.values()],
                        dtype=torch.float64)


def fingerprint(texts: dict[str, Tensor]) -> str:
    """Twelve hexadecimal digits of the tokens: whether stored numbers are of the same texts."""
    seen = hashlib.sha256()
    for name, tokens in texts.items():
        seen.update(name.encode() + tokens.numpy().tobytes())
    return seen.hexdigest()[:12]
