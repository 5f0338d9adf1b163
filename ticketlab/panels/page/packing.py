"""Many pictures that differ in little, in few bytes: each part once, then compressed.

A picture is cut before each tag. Most of the pieces, such as the axes, stand in every picture; each
is stored once, in the order in which it first appears, and a frame is a list of their numbers. gzip
finds what is left, and every browser since 2023 can undo it without a library
(``DecompressionStream``).
"""

import base64
import gzip
import json
import re
from collections.abc import Sequence

_PIECE = re.compile(r"(?=<)")


def pack(frames: Sequence) -> str:
    """Frames (each a list of texts, or None) as base64 text, which `page.js` unpacks.

    The same frames always give the same text.
    """
    pieces: dict[str, int] = {}
    texts: dict[tuple[int, ...], int] = {}
    places = [frame and [_number(texts, tuple(_number(pieces, piece) for piece in _PIECE.split(text)))
                         for text in frame] for frame in frames]
    stored = {"pieces": list(pieces), "texts": [_deltas(each) for each in texts], "frames": places}
    packed = json.dumps(stored, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(gzip.compress(packed, 9, mtime=0)).decode("ascii")


def unpack(text: str) -> list:
    """What was packed; ``page.js`` does the same in a browser."""
    stored = json.loads(gzip.decompress(base64.b64decode(text)))
    texts = []
    for deltas in stored["texts"]:
        number, parts = -1, []
        for delta in deltas:
            number += delta
            parts.append(stored["pieces"][number])
        texts.append("".join(parts))
    return [frame and [texts[each] for each in frame] for frame in stored["frames"]]


def _number(known: dict, each) -> int:
    return known.setdefault(each, len(known))


def _deltas(numbers) -> list[int]:
    """Steps from one number to the next: most are 1, which compresses well."""
    return [number - before for before, number in zip((-1, *numbers[:-1]), numbers, strict=True)]
