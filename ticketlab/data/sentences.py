"""Sentences of a small grammar of our own: text without a file, of which everything is known.

    this gentle dog that sees two old kings (some foxes wait) sleeps.

A probabilistic context-free grammar: verbs agree in number with subjects far away, brackets stand
inside brackets. What has been read decides what is still to come, so the probability of every next
character can be computed, and with it the least loss that any net can have.
``ticketlab.data`` and ``ticketlab.text`` build on this file; lesson 06 uses it.
"""

import functools
import math

import numpy as np

CONTEXT = 48  # characters an example: a sentence has 39 on average
EXAMPLES = {"train": 1_600, "val": 200, "test": 200}

_NOUNS = {"one": ("dog", "cat", "bird", "king", "giant", "fox", "witch", "child"),
          "many": ("dogs", "cats", "birds", "kings", "giants", "foxes", "witches", "children")}
_DETERMINERS = {"one": ("a", "this", "my"), "many": ("some", "these", "two")}
_ADJECTIVES = ("small", "old", "red", "proud", "gentle", "lazy")
_ALONE = ("sleep", "run", "wait", "jump")
_WITH_OBJECT = ("see", "hear", "know", "find", "fear", "love")


def _verbs(number: str, verbs) -> list[str]:
    return [verb + ("s" if number == "one" else "") for verb in verbs]


def _any(words, share: float = 1.0, before: str = " ", after: tuple = ()) -> list[tuple]:
    """Alternatives of equal probability, ``share`` together."""
    return [(share / len(words), (before + word, *after)) for word in words]


def _grammar() -> dict[str, list[tuple]]:
    """Symbol -> its alternatives: (probability, parts). A part that is no symbol is text."""
    both = ("one", "many")
    rules = {
        "sentence": [(0.5, (f"phrase {n}", f"verb {n}", ".\n")) for n in both],
        "clause": [(0.5, (f"phrase {n}", f"verb {n}")) for n in both],
        "object": [(0.5, (f"phrase {n}",)) for n in both],
        "adjective": [(0.7, ()), *_any(_ADJECTIVES, 0.3)],
    }
    for n in both:
        rules |= {
            f"phrase {n}": [(1.0, (f"determiner {n}", "adjective", f"noun {n}", f"more {n}"))],
            f"determiner {n}": _any(_DETERMINERS[n], before=""),
            f"noun {n}": _any(_NOUNS[n]),
            f"more {n}": [(0.65, ()), (0.15, (" near ", "object")), (0.1, (" that", f"verb {n}")),
                          (0.1, (" (", "clause", ")"))],
            f"verb {n}": [*_any(_verbs(n, _ALONE), 0.5),
                          *_any(_verbs(n, _WITH_OBJECT), 0.5, after=(" ", "object"))],
        }
    return rules


GRAMMAR = _grammar()
START = ("sentence",)


@functools.lru_cache(maxsize=10_000)
def choices(stack: tuple[str, ...]) -> tuple[tuple[str, float, tuple[str, ...]], ...]:
    """How a text can go on: (next piece of text, its probability, what is to come after it).

    stack: symbols and pieces of text still to come, ``START`` before a sentence. No piece is the
    beginning of another one, so reading is never ambiguous; the probabilities sum to 1.
    """
    first, rest = stack[0], stack[1:]
    if first not in GRAMMAR:
        return ((first, 1.0, rest or START),)
    return tuple((piece, share * own, after) for share, parts in GRAMMAR[first]
                 for piece, own, after in choices(parts + rest))


def write(length: int, draw: "np.random.Generator") -> str:
    """Sentences, one a line, drawn from the grammar and cut after ``length`` characters."""
    stack, text = START, ""
    while len(text) < length:
        known = choices(stack)
        reached = np.cumsum([share for _, share, _ in known])
        piece, _, stack = known[int(np.searchsorted(reached, draw.random() * reached[-1], "right"))]
        text += piece
    return text[:length]


def surprise(text: str) -> np.ndarray:
    """Minus the log-probability of each character given all before it, in nats: float64 [length].

    text: from the beginning of a sentence on; it may end anywhere. Exact: a net that knew the
    grammar would have just this loss, and none can have less in expectation. Raises ValueError,
    naming the place, for a text that the grammar cannot write.
    """
    stack, begun, before, nats = START, "", 1.0, []
    for place, character in enumerate(text):
        possible = [choice for choice in choices(stack) if choice[0].startswith(begun)]
        fitting = [choice for choice in possible if choice[0][len(begun)] == character]
        if not fitting:
            allowed = sorted({piece[len(begun)] for piece, _, _ in possible})
            raise ValueError(f"the grammar cannot write {text[:place + 1]!r}: character {place} is "
                             f"{character!r} and should be one of {allowed}")
        begun += character
        now = sum(share for _, share, _ in fitting)
        nats.append(math.log(before / now))
        before = now
        if fitting[0][0] == begun:
            stack, begun, before = fitting[0][2], "", 1.0
    return np.array(nats)


def entropy_rate() -> float:
    """Nats a character of an endless text: entropy of a sentence over its mean length.

    From the grammar alone: entropy and length of each symbol are those of its alternatives, a
    system of linear equations. Grenander 1976 (Lectures in Pattern Theory, volume 1).
    """
    places = {symbol: place for place, symbol in enumerate(GRAMMAR)}
    inside = np.zeros((len(GRAMMAR), len(GRAMMAR)))
    own = np.zeros((len(GRAMMAR), 2))  # entropy of the choice, characters of text
    for symbol, alternatives in GRAMMAR.items():
        for share, parts in alternatives:
            own[places[symbol], 0] -= share * math.log(share)
            for part in parts:
                if part in GRAMMAR:
                    inside[places[symbol], places[part]] += share
                else:
                    own[places[symbol], 1] += share * len(part)
    entropy, length = np.linalg.solve(np.eye(len(GRAMMAR)) - inside, own)[places[START[0]]]
    return float(entropy / length)


def alphabet() -> str:
    """Every character that the grammar can write, in the order of their numbers."""
    pieces = {part for alternatives in GRAMMAR.values() for _, parts in alternatives
              for part in parts if part not in GRAMMAR}
    return "".join(sorted(set("".join(pieces))))


def read() -> tuple[str, dict[str, list[str]], str]:
    """The alphabet, the texts of each split, and a phrase on their origin."""
    origin = "generated by a grammar (ticketlab.data.sentences), each from the beginning of a sentence"
    return alphabet(), examples(), origin


@functools.cache
def examples(seed: int = 0) -> dict[str, list[str]]:
    """Texts of ``CONTEXT`` + 1 characters for each split, each from the beginning of a sentence on;
    seed and split decide them."""
    drawn = {split: np.random.default_rng([seed, *f"sentences {split}".encode()])
             for split in EXAMPLES}
    return {split: [write(CONTEXT + 1, drawn[split]) for _ in range(number)]
            for split, number in EXAMPLES.items()}
