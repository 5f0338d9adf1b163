"""Texts that every install has, apart for calibration and for evaluation; the loss and the perplexity
on them.

They are the descriptions of data sets that come with scikit-learn: plain prose, tables, references.
Three documents are read for evaluation and no cut ever sees them. Where more text is wanted,
tinyshakespeare: its last tenth is for evaluation. Lesson 10 builds on this file.
"""

import hashlib
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ticketlab.basics import choose, whole_from
from ticketlab.data import tinyshakespeare

EVALUATION = ("breast_cancer", "digits", "twenty_newsgroups")
CALIBRATION = ("california_housing", "covtype", "diabetes", "iris", "kddcup99", "lfw", "linnerud",
               "olivetti_faces", "rcv1", "species_distributions", "wine_data")
SOURCES = ("descriptions", "tinyshakespeare")
HELD_OUT = 0.1  # of tinyshakespeare, at its end


def descriptions() -> dict[str, str]:
    """The texts by name. Other versions of scikit-learn may word them a little differently."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "descr"
    return {name: (folder / f"{name}.rst").read_text(encoding="utf-8")
            for name in EVALUATION + CALIBRATION}


def evaluation(tokenizer, length: int = 512, *, pieces: int = 1, source: str = "descriptions"
               ) -> dict[str, Tensor]:
    """Three texts to be judged by: name -> tokens, int64 [pieces, length].

    source: ``"descriptions"``, the beginnings of three documents, or ``"tinyshakespeare"``, three
    stretches of its last tenth, which is read or downloaded as ``data.load`` does it. A piece is read
    on its own: its first token has nothing before it. Raises ValueError if there is not so much text.
    """
    choose("source", source, SOURCES)
    pieces, length = whole_from("pieces", pieces, 1), whole_from("length", length, 2)
    if source == "descriptions":
        texts = _cut(tokenizer, EVALUATION)
    else:
        tokens = tokenizer.encode(_shakespeare()[1])
        third = len(tokens) // 3
        texts = {f"Shakespeare {n + 1}": tokens[n * third:(n + 1) * third] for n in range(3)}
    for name, tokens in texts.items():
        if pieces * length > len(tokens):
            raise ValueError(f"pieces x length is {pieces * length:,} tokens, and the text {name!r} "
                             f"has {len(tokens):,}; ask for fewer")
    return {name: tokens[:pieces * length].view(pieces, length) for name, tokens in texts.items()}


def calibration(tokenizer, count: int = 8, length: int = 256, *, source: str = "descriptions"
                ) -> Tensor:
    """Texts from which a cut may learn what goes into the layers: int64 [count, length], pieces at even
    distances of all other descriptions, or of the first nine tenths of tinyshakespeare. Raises
    ValueError if there is not so much text."""
    choose("source", source, SOURCES)
    count, length = whole_from("count", count, 1), whole_from("length", length, 1)
    tokens = (torch.cat(list(_cut(tokenizer, CALIBRATION).values())) if source == "descriptions"
              else tokenizer.encode(_shakespeare()[0]))
    if count * length > len(tokens):
        raise ValueError(f"count x length is {count * length:,} tokens, and the texts for "
                         f"calibration have {len(tokens):,}; ask for fewer")
    # from the whole text at even distances, not from its beginning
    starts = [round(place * (len(tokens) - length) / max(1, count - 1)) for place in range(count)]
    return torch.stack([tokens[start:start + length] for start in starts])


def _shakespeare() -> tuple[str, str]:
    text = tinyshakespeare()
    cut = round((1 - HELD_OUT) * len(text))
    return text[:cut], text[cut:]


def _cut(tokenizer, names) -> dict[str, Tensor]:
    texts = descriptions()
    return {name: tokenizer.encode(texts[name]) for name in names}


def text_loss(net, tokens: Tensor) -> float:
    """The mean loss of guessing each token from those before it, in nats a token.

    tokens: int64 [T], or pieces that are read one after another, [N, T]. Raises ValueError for fewer
    than two tokens. Lesson 10.
    """
    if tokens.dim() not in (1, 2) or not len(tokens) or tokens.shape[-1] < 2:
        raise ValueError(f"tokens is {tuple(tokens.shape)}; a text of at least two tokens is "
                         f"needed, [T], or some of equal length, [N, T]")
    pieces = tokens.view(-1, tokens.shape[-1]).to(next(net.parameters()).device)
    total = 0.0
    with torch.no_grad():
        for piece in pieces:
            scores = net(piece[None, :-1])[0]
            # in parts: the scores of 512 tokens take 0.1 GB, and their softmax as much again
            total += sum(F.cross_entropy(part.float(), own, reduction="sum").item()
                         for part, own in zip(scores.split(128), piece[1:].split(128), strict=True))
    return total / (pieces.shape[0] * (pieces.shape[1] - 1))


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
