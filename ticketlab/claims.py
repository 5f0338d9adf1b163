"""Verdicts: a claim, the band it must fall in, what was measured, and whether it holds.

Bands are fixed before the run (their sources stand in each lesson), so a claim can fail here, and
a failing claim is printed as plainly as one that holds. Everything measured is printed behind the
sign ``≈``: digits differ between machines, verdicts must not, and the regression test of the
notebooks compares verdicts strictly and lets the digits after ``≈`` vary. Lessons 01-06 end on it.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch


def measured(values, digits: int = 1, unit: str = "") -> str:
    """``≈ 63.3 ± 0.9 pp``: mean and standard deviation over replicates; one number stands alone.

    values: a number, or one for each replicate. digits: after the point.
    """
    values = torch.as_tensor(values, dtype=torch.float64).flatten()
    mean = values.mean().item()
    spread = f" ± {values.std().item():.{digits}f}" if len(values) > 1 else ""
    return f"≈ {mean:.{digits}f}{spread}{' ' + unit if unit else ''}"


@dataclass(frozen=True)
class Band:
    """An interval; an end that is None is open. Both ends belong to it."""

    low: float | None = None
    high: float | None = None
    unit: str = ""

    def __post_init__(self):
        if self.low is None and self.high is None:
            raise ValueError("a band without ends holds for every number; give low, high or both")
        if None not in (self.low, self.high) and self.low > self.high:
            raise ValueError(f"the band's low end {self.low} lies above its high end {self.high}")

    def __contains__(self, value: float) -> bool:
        return (not math.isnan(value) and (self.low is None or value >= self.low)
                and (self.high is None or value <= self.high))

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.high is None:
            return f"at least {self.low:g}{unit}"
        if self.low is None:
            return f"at most {self.high:g}{unit}"
        return f"{self.low:g} to {self.high:g}{unit}"


@dataclass(frozen=True)
class Claim:
    """One claim with its verdict. The band is asked of the mean over replicates.

    text: the claim as a sentence. band: what would count as holding, fixed beforehand. values: one
    measured number for each replicate (paired differences, where two arms are compared).
    digits: after the point, in print. guess: the learner's, in the same unit, if there was one.
    """

    text: str
    band: Band
    values: Sequence[float]
    digits: int = 1
    guess: float | None = None

    @property
    def mean(self) -> float:
        return torch.as_tensor(self.values, dtype=torch.float64).mean().item()

    @property
    def holds(self) -> bool:
        return self.mean in self.band

    @property
    def verdict(self) -> str:
        return "holds" if self.holds else "does not hold"


class Verdicts:
    """A table of claims, as the last cells of every lesson show it."""

    def __init__(self, *claims: Claim):
        if not claims:
            raise ValueError("there is no claim to judge; give at least one")
        self.claims = claims

    def rows(self) -> list[tuple[str, ...]]:
        """Claim, band, measured, verdict, and the learner's guess if any claim has one."""
        rows = []
        for claim in self.claims:
            row = (claim.text, str(claim.band),
                   measured(claim.values, claim.digits, claim.band.unit), claim.verdict)
            if self._guesses:
                row += ("" if claim.guess is None else f"{claim.guess:g} {claim.band.unit}".strip(),)
            rows.append(row)
        return rows

    @property
    def _guesses(self) -> bool:
        return any(claim.guess is not None for claim in self.claims)

    @property
    def _header(self) -> tuple[str, ...]:
        return ("claim", "band", "measured", "verdict") + (("your guess",) if self._guesses else ())

    def __repr__(self) -> str:
        return "\n".join(" · ".join(cell for cell in row if cell) for row in self.rows())

    def _repr_html_(self) -> str:
        def line(cells, tag):
            return "<tr>" + "".join(f'<{tag} style="text-align:left">{cell}</{tag}>'
                                    for cell in cells) + "</tr>"

        body = []
        for claim, row in zip(self.claims, self.rows(), strict=True):
            cells = [html.escape(cell) for cell in row]
            mark = "✔" if claim.holds else "✘"  # not by colour alone
            cells[3] = f"<b>{mark} {cells[3]}</b>"
            body.append(line(cells, "td"))
        return f"<table>{line(self._header, 'th')}{''.join(body)}</table>"
