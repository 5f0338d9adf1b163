"""The language panel of lesson 10: a prune rate, a way to cut, a block; and what the model then writes.

All of it was measured beforehand, so a move of the slider looks up and draws, and needs no model.
"""

from html import escape

from ticketlab.figures import drawing
from ticketlab.language import PROMPT
from ticketlab.panels import base, controls, svg
from ticketlab.panels.language import picture
from ticketlab.panels.language.table import DENSE, EVERY, LanguageReading, LanguageTable
from ticketlab.panels.prune import histogram


class LanguagePanel(base.Panel):
    """A panel that goes through a language model's cuts.

    grid, weights, writing: the tables ``smollm2_grid.csv``, ``smollm2_weights.csv`` and
    ``smollm2_writing.csv`` of lessons/reference, as data frames. rate: a sparsity of the tables, 0 is
    dense. way: of cutting. block: whose weights the histogram and the bars are of, a number or
    ``"all blocks"``. All can be set later (``panel.rate = 0.5``); ``panel.state()`` gives the numbers
    shown. Raises ValueError for whatever does not fit. Lesson 10 builds on it.
    """

    _says = "language panel: slider for the prune rate, ways to cut, blocks"

    def __init__(self, grid, weights, writing, *, rate: float = 0.4, way: str = "magnitude",
                 block=EVERY):
        self._table = LanguageTable(grid, weights, writing)
        self._styles = {each: color for each, (color, _) in drawing.arm_styles(self._table.ways).items()}
        rates = controls.pick(
            ("prune rate", "rate"), "prune rate: the share of all weights of the linear layers that goes",
            [(f"{100 * each:.0f} %", each) for each in self._table.sparsities], "300px")
        self._make_box("language-panel", [rates], {
            "way": (self._table.ways, "way: the score by which weights go, and where they compete"),
            "block": ([(str(each), each) for each in self._table.blocks],
                      "block: whose weights the histogram and the bars show")})
        self._begin(rate=rate, way=way, block=block)

    rate = controls.choice("slider", "rate",
                           doc="The share of weights that goes; set it to move the slider.")
    way = controls.choice("way")

    block = controls.choice("block", doc="Whose weights are shown: a number, or ``\"all blocks\"``.")

    def state(self) -> LanguageReading:
        """The numbers that are shown now."""
        return self._table.read(self.way, self.rate, self.block)

    def _draw(self) -> None:
        now, table = self.state(), self._table
        where = "all blocks" if now.block == EVERY else f"block {now.block}"
        words = (f"Perplexity over the prune rate, by {now.way}: at {100 * now.sparsity:.0f} percent "
                 f"{now.perplexity:,.1f}, dense {now.dense:.1f}")
        edge = [now.largest] if now.way == "magnitude" and now.sparsity else []
        self._show([
            histogram(table.edges, now.total, now.gone, edge,
                      f"{where}, in standard deviations of each layer", f"language-{self._id}",
                      "weight (standard deviations)"),
            svg.layer_bars([(kind, *counts) for kind, counts in now.kept.items()]),
            picture.perplexity(table.curves, self._styles, now.way, (now.sparsity, now.perplexity),
                               words)])
        self.numbers.value = _numbers(now, where)


def _numbers(now: LanguageReading, where: str) -> str:
    kept, whole = (sum(counts[part] for counts in now.kept.values()) for part in (0, 1))
    place = (f"{escape(now.way)}, {where}: <b>{kept:,} of {whole:,} weights</b> · "
             f"{base.shares(now.density, now.sparsity)}")
    spread = f"(texts from {now.lowest:,.1f} to {now.highest:,.1f})"
    measured = f"perplexity <b>{now.perplexity:,.1f}</b> {spread}, dense {now.dense:.1f}"
    texts = now.texts if now.sparsity else {DENSE: next(iter(now.texts.values()))}
    written = [f"<i>{escape(PROMPT)}</i> <b>{escape(' '.join(text.split()))}</b> "
               f"<small>({escape(way)})</small>" for way, text in texts.items()]
    return base.rows(place, measured, *written)
