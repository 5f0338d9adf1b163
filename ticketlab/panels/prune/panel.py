"""The prune panel of lesson 03: one cut, while a slider moves."""

import asyncio
from html import escape

from ticketlab.figures import drawing
from ticketlab.panels import base, controls, svg
from ticketlab.panels.prune import picture
from ticketlab.panels.prune.table import (
    GRID,
    RATES,
    SCOPES,
    STEPS,
    AccuracyCurve,
    PruneTable,
    Reading,
    check_data,
    read,
)
from ticketlab.pruning import Masks, Score, magnitude, random
from ticketlab.stack import Stack, check_replicate
from ticketlab.weights import ALL

REST = 0.15  # seconds without a move after which the accuracy is computed exactly


class PrunePanel(base.Panel):
    """A panel that prunes a trained stack in one shot while a slider moves.

    stack: trained networks; the accuracies are of all of them, the histogram and the counts of one
    ``replicate``. data: the data set they were trained on. rate, scope, score, layer: where the
    controls begin; ``panel.rate = 0.9`` moves them later. rate: 0 to 0.995 in steps of 0.005.
    scores: name -> score, besides ``magnitude`` and ``random`` (seeded by the replicate's number).
    ``panel.state()`` gives the numbers shown and ``panel.masks`` the masks, those of
    ``pruning.prune`` with the same arguments. Raises ValueError for whatever does not fit.
    Lesson 03 builds on it.
    """

    _says = "prune panel: sliders for prune rate, scope, score and layer"

    def __init__(self, stack: Stack, data, *, rate: float = 0.5, scope: str = "layer",
                 score: str = "magnitude", layer: str = ALL, replicate: int = 0,
                 scores: dict[str, Score] | None = None):
        check_data(stack, data)
        check_replicate(stack, replicate)
        self.stack, self.data, self.replicate = stack, data, replicate
        self.scores = {"magnitude": magnitude, "random": random(range(stack.replicates))}
        self.scores |= scores or {}
        self._cuts, self._moves = {}, 0
        self._unpruned = base.rows(*base.unpruned(stack.net))
        self._make_widgets()
        self._begin(scope=scope, score=score, layer=layer, rate=rate)

    rate = controls.stepped(
        "_rates", "rate", "The share of all weights that is pruned; set it to move the slider.", 100)
    scope = controls.choice("scope")
    score = controls.choice("score")
    layer = controls.choice("layer")

    @property
    def masks(self) -> Masks:
        """The masks of the present cut, of all replicates."""
        return self._cut()[0].masks(self._position)

    def state(self) -> Reading:
        """The numbers of the present cut; the accuracy is exact."""
        self.settle()
        return self._read()

    def settle(self) -> None:
        """Compute the accuracy at the present rate exactly, and show it. Resting does the same."""
        self._moves += 1  # what was due for later is done now
        curve = self._cut()[1]
        if not curve.at(self._position)[3]:
            curve.measure(self._position)
            self._draw()

    @property
    def _position(self) -> int:
        return round(self.slider.value / 100 * STEPS)

    def _make_widgets(self):
        self._rates = controls.Control(
            controls.NUMBER, ("prune rate (%)", "rate (%)"),
            ("prune rate: the share of all weights that is removed, in percent",
             "prune rate in percent, as a number; the arrow keys move it"), ("340px", "130px"),
            snap=lambda value: round(round(value / 100 * STEPS) * 100 / STEPS, 1),
            min=0, max=100 * RATES[-1], step=100 / STEPS)
        options = {"scope": ([(_SCOPE_NAMES[scope], scope) for scope in SCOPES],
                             "scope: where weights compete, in each layer or in the whole network"),
                   "score": (list(self.scores), "score: the lowest-scoring weights go first"),
                   "layer": ([ALL, *drawing.layers(self.stack)],
                             "layer: whose weights the histogram shows")}
        self._make_box("prune-panel", [self._rates], options)

    def _cut(self) -> tuple[PruneTable, AccuracyCurve]:
        key = self.score, self.scope
        if key not in self._cuts:
            table = PruneTable(self.stack, self.scores[self.score], self.scope, self.replicate)
            self._cuts[key] = table, AccuracyCurve(table, self.data)
        return self._cuts[key]

    def _moved(self, change=None) -> None:
        """A control was moved: show what is known at once, and the rest when it comes to rest.

        Core widgets do not tell when a slider is let go, so the exact accuracy waits for a pause.
        """
        super()._moved(change)
        if self._still:
            return
        self._moves += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._attempt(self.settle)  # without a loop, nobody would wake us later
        else:
            loop.call_later(REST, self._rested, self._moves)

    def _rested(self, moves: int) -> None:
        if moves == self._moves:  # else the slider has moved on, and the last move counts
            self._attempt(self.settle)

    def _thresholds(self) -> list[float]:
        return sorted({float(values[self._position])
                       for layer, values in self._cut()[0].thresholds.items()
                       if self.layer in (ALL, layer)} - {0.0})

    def _read(self) -> Reading:
        return read(*self._cut(), self._position)

    def _draw(self) -> None:
        now, (table, curve) = self._read(), self._cut()
        views = table.views
        shown = views[self.layer]
        pictures = (
            picture.histogram(shown.edges.tolist(), shown.total.tolist(),
                          shown.pruned[:, self._position].tolist(), self._thresholds(), self.layer,
                          f"pruned-{self._id}"),
            svg.layer_bars([(name, kept, views[name].size)
                            for name, kept in now.kept_by_layer.items()]),
            picture.accuracy_curve(_PERCENT, 100 * curve.mean, 100 * curve.low, 100 * curve.high,
                                   GRID, (100 * now.rate, 100 * now.accuracy), now.exact,
                                   100 / self.data.classes))
        self._show(pictures)
        self.numbers.value = _numbers(now, self.stack.replicates) + self._unpruned


_SCOPE_NAMES = {"layer": "each layer", "global": "global"}
_PERCENT = [100 * rate for rate in RATES]


def _numbers(now: Reading, replicates: int) -> str:
    accuracy = f"test accuracy without retraining <b>{100 * now.accuracy:.1f} %</b>"
    accuracy += base.spread(replicates, now.lowest, now.highest)
    empty = "".join(f" <b>layer {escape(layer)} is empty: nothing passes it</b>"
                    for layer in now.empty)
    return base.rows(f"<b>{base.shares(now.density, now.rate)}</b> · {now.kept:,} of {now.weights:,} "
                     "weights kept",
                     f"{accuracy}, {'exact' if now.exact else 'interpolated'}{empty}")
