"""Nets that write: characters as numbers and back, perplexity, its floor, and samples.

Trained on text, a net gives a score to each character that could come next; its loss is in nats a
character. *Perplexity* is the exponential of the loss: as if the net chose evenly among so many
characters. It goes down where accuracy goes up. Lesson 06 builds on this file.

    data = load("sentences")
    run = train(draw(nets.gpt(data), range(3)), data, recipe)
    perplexity(run), floor(data)
    print(sample(run.stack, data, "this old dog", 100)[0])
"""

import math

import numpy as np
import torch
from torch import Tensor

from ticketlab.basics import whole_from
from ticketlab.data import sentences
from ticketlab.lottery import trials
from ticketlab.stack import Stack, forward
from ticketlab.training import Run


def encode(data, text: str) -> Tensor:
    """The characters of a text as numbers, int64 [length]; raises ValueError, naming them, for
    characters that the data's alphabet has not. Lesson 06."""
    alphabet = _alphabet(data)
    strange = sorted(set(text) - set(alphabet))
    if strange:
        raise ValueError(f"the alphabet of {data.name} has no {strange}; it is {alphabet!r}")
    return torch.tensor([alphabet.index(each) for each in text], dtype=torch.int64)


def decode(data, characters: Tensor) -> str | list:
    """The text of characters as numbers: a string for [length], for [N, length] a list of them.

    Raises ValueError for numbers that the alphabet has not. Lesson 06.
    """
    if characters.dim() > 1:
        return [decode(data, each) for each in characters]
    alphabet, numbers = _alphabet(data), characters.tolist()
    strange = sorted({each for each in numbers if not 0 <= each < len(alphabet)})
    if strange:
        raise ValueError(f"the alphabet of {data.name} has {len(alphabet)} characters, numbered "
                         f"from 0, and so none for {strange}")
    return "".join(alphabet[each] for each in numbers)


def perplexity(run: Run, metric: str = "test_loss") -> Tensor:
    """exp(loss) at the last step: [R], from 1 (certain and right) to about the size of the alphabet
    (knows nothing), or above (certain and wrong).

    metric: one of the losses of ``run.curves``. Raises ValueError for what is no loss. Jelinek et
    al. 1977. Lesson 06.
    """
    if metric not in run.curves or not metric.endswith("loss"):
        raise ValueError(f"metric is {metric!r}; perplexity is made of one of "
                         f"{[name for name in run.curves if name.endswith('loss')]}")
    return run.last(metric).exp()


def table(*given):
    """``lottery.table`` with two more columns: ``loss``, nats a character on the test split after
    the last step, and ``perplexity``, its exponential. Lesson 06."""
    frame = trials.table(*given)  # which raises if there are no trials
    flat = trials.flat(given)
    for column, values in (("loss", [trial.run.last("test_loss") for trial in flat]),
                           ("perplexity", [perplexity(trial.run) for trial in flat])):
        frame[column] = torch.cat(values).double().numpy()
    return frame


def floor(data, split: str = "test") -> float:
    """The perplexity that the source of ``sentences`` itself has on these texts.

    Each character's probability given all before it in its text is computed from the grammar. No
    net can do better in expectation; on a few texts one may be lucky. Raises ValueError for other
    data, whose source nobody knows. Lesson 06.
    """
    if data.name != "sentences":
        raise ValueError(f"the source of {data.name} is not known, so its floor is not; it is for "
                         "data.load('sentences')")
    first, following = (getattr(data, f"{each}_{split}").cpu() for each in "xy")
    texts = decode(data, torch.cat([first[:, :1], following], dim=1))
    # the first character is read, and not foretold
    return math.exp(np.mean([sentences.surprise(text)[1:] for text in texts]))


def sample(stack: Stack, data, text: str, length: int, *, seed: int = 0, temperature: float = 1.0
           ) -> list[str]:
    """Let R networks continue a text by ``length`` characters each: R strings that begin with it.

    data: whose alphabet they write. seed: decides one random number a character, the same for all
    networks, so that two that differ little write much the same. temperature: scores are divided by
    it; below 1 the likely becomes likelier, 0 always takes the likeliest. The networks read as many
    of the last characters as their context holds.
    Raises ValueError for an empty text, for characters that the alphabet has not, for a length
    below 1, a temperature below 0 and nets of another alphabet. Lesson 06.
    """
    if not text:
        raise ValueError("text is empty; give at least one character to go on from, such as 'a'")
    length = whole_from("length", length, least=1)
    if not temperature >= 0:
        raise ValueError(f"temperature is {temperature}; it must be 0 or above")
    context, R = data.shape[0], stack.replicates
    written = encode(data, text).to(stack.device).expand(R, -1)
    with torch.no_grad():
        for chance in np.random.default_rng(seed).random(length):
            scores = forward(stack, written[:, None, -context:])[:, 0, -1].cpu().double()
            if scores.shape[1] != data.classes:
                raise ValueError(f"the networks know {scores.shape[1]} characters and {data.name} "
                                 f"has {data.classes}; give the data that they were made for")
            if temperature == 0:
                new = scores.argmax(1)
            else:
                reached = (scores / temperature).softmax(1).cumsum(1)
                new = (reached < chance * reached[:, -1:]).sum(1)
            written = torch.cat([written, new[:, None].to(stack.device)], dim=1)
    return decode(data, written)


def _alphabet(data) -> str:
    if not getattr(data, "alphabet", ""):
        raise ValueError(f"{getattr(data, 'name', 'this data set')} is no text; load one, such as "
                         "data.load('sentences')")
    return data.alphabet
