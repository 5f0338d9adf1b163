"""What the language panel looks up: everything was measured before, by a program that took an hour.

Lesson 10's panel builds on this file.
"""

from typing import NamedTuple

import numpy as np

EVERY = "all blocks"
DENSE = "dense"
RANGE = 4  # standard deviations to each side of the histogram
WRITERS = ("magnitude", "magnitude, by row", "Wanda")  # whose continuations stand side by side


class LanguageReading(NamedTuple):
    """What the panel shows, as numbers.

    way: how it was cut. sparsity, density: fractions. block: a number, or ``"all blocks"``. kept: kind
    of layer -> weights remaining and in all, of that block. total, gone: weights by bin of the
    histogram. largest: the size of the largest weight that goes, in standard deviations of its layer,
    on average over layers; 0 if none goes. perplexity, lowest, highest: over the texts (a geometric
    mean), dense: of the whole model. texts: way -> what it wrote.
    """

    way: str
    sparsity: float
    density: float
    block: object
    kept: dict[str, tuple[int, int]]
    total: list[int]
    gone: list[int]
    largest: float
    perplexity: float
    lowest: float
    highest: float
    dense: float
    texts: dict[str, str]


class LanguageTable:
    """Three tables of lessons/reference, looked up by way, sparsity and block.

    ways, sparsities (0 first), blocks: what there is. curves: way -> (sparsities, perplexities).
    edges: of the histogram's bins. Raises ValueError, naming it, for a table that lacks a column, and
    for ways of which one of the tables knows nothing.
    """

    def __init__(self, grid, weights, writing):
        for name, table, columns in (("grid", grid, ("way", "sparsity")),
                                     ("weights", weights,
                                      ("way", "sparsity", "block", "largest", "bin 0")),
                                     ("writing", writing, ("way", "sparsity", "text"))):
            missing = [each for each in columns if each not in table.columns]
            if missing:
                raise ValueError(f"the table {name} has no column {missing[0]!r}; give that of "
                                 f"lessons/reference/smollm2_{name}.csv")
        self.ways = list(dict.fromkeys(weights["way"]))
        self.sparsities = sorted(set(weights["sparsity"]))
        self.blocks = [EVERY, *sorted(set(weights["block"].tolist()))]
        texts = [name for name in grid.columns if name not in ("way", "sparsity")]
        self._perplexity = {(row["way"], row["sparsity"]): [row[name] for name in texts]
                            for row in grid.to_dict("records")}
        self._text = {(row["way"], row["sparsity"]): str(row["text"])
                      for row in writing.to_dict("records")}
        for way in self.ways:
            for sparsity in self.sparsities[1:]:
                if (way, sparsity) not in self._text:
                    raise ValueError(f"the table writing has no text of {way!r} at {sparsity}; "
                                     "compute it together with the others")
        bins = [name for name in weights.columns if name.startswith("bin ")]
        kinds = [name for name in weights.columns if name.startswith("kept ")]
        self._kinds = [name.removeprefix("kept ") for name in kinds]
        self.edges = np.linspace(-RANGE, RANGE, len(bins) + 1)
        # arrays, a row a block: data frames would take ten seconds for a thousand places
        self._rows = {key: tuple(rows.sort_values("block")[columns].to_numpy()
                                 for columns in (kinds, bins, "largest"))
                      for key, rows in weights.groupby(["way", "sparsity"])}
        self.curves = {way: self._curve(way) for way in self.ways}
        # everything is looked up, so a move costs no sums
        self._read = {(way, sparsity, block): self._make(way, sparsity, block) for way in self.ways
                      for sparsity in self.sparsities for block in self.blocks}

    def read(self, way: str, sparsity: float, block) -> LanguageReading:
        """The numbers of one place."""
        return self._read[way, sparsity, block]

    def _mean(self, way, sparsity) -> tuple[float, float, float] | None:
        values = self._perplexity.get((DENSE if sparsity == 0 else way, sparsity))
        return values and (float(np.exp(np.log(values).mean())), min(values), max(values))

    def _curve(self, way):
        known = [(sparsity, self._mean(way, sparsity)[0]) for sparsity in self.sparsities
                 if self._mean(way, sparsity)]
        return [list(each) for each in zip(*known, strict=True)]

    def _make(self, way, sparsity, block) -> LanguageReading:
        own = slice(None) if block == EVERY else [self.blocks.index(block) - 1]
        kept, gone, largest = (each[own] for each in self._rows[way, sparsity])
        whole, total, _ = (each[own] for each in self._rows[way, self.sparsities[0]])
        shares = {kind: (int(left), int(size)) for kind, left, size in
                  zip(self._kinds, kept.sum(0), whole.sum(0), strict=True)}
        perplexity = self._mean(way, sparsity) or (float("nan"),) * 3
        texts = {each: self._text[DENSE if sparsity == 0 else each, sparsity]
                 for each in dict.fromkeys([*WRITERS, way])
                 if sparsity == 0 or (each, sparsity) in self._text}
        return LanguageReading(
            way, sparsity, 1 - sparsity, block, shares, total.sum(0).tolist(),
            gone.sum(0).tolist() if sparsity else [0] * total.shape[1], float(largest.mean()),
            *perplexity, self._mean(way, self.sparsities[0])[0], texts)
