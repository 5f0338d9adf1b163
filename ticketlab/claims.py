"""Verdicts: a claim, the band it must fall in, what was measured, and whether that is enough to say.

A claim holds where the whole 95 % interval of the mean lies in its band, does not hold where all of
it lies outside, and is undecided where it crosses an end: few replicates know little. Bands are
fixed before the run (their sources stand in each lesson), so a claim can fail here, and a failing
claim is printed as plainly as one that holds. Everything measured is printed behind the sign ``≈``:
digits differ between machines, verdicts must not, and the regression test of the notebooks compares
verdicts strictly and lets the digits after ``≈`` vary. Lessons 01-06 end on it.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
MARKS = {HOLDS: "✔", FAILS: "✘", UNDECIDED: "?"}  # not by colour alone
ONE_NUMBER = "one number"  # stands where an interval would


def interval(values, confidence: float = 0.95) -> tuple[float, float]:
    """The confidence interval of a mean, by Student's t with n - 1 degrees of freedom.

    values: one number a replicate. With three replicates it is 4.3 standard errors wide to each
    side: few seeds know little, and it says so. (nan, nan) for a single one, which has no spread.
    Raises ValueError for a confidence outside (0, 1). Lesson 01 shows where it comes from.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie between 0 and 1, such as 0.95")
    numbers = torch.as_tensor(values, dtype=torch.float64).flatten()
    if len(numbers) < 2:
        return math.nan, math.nan
    from scipy.stats import t  # only here: importing it takes longer than the package does

    mean = numbers.mean().item()
    error = numbers.std().item() / math.sqrt(len(numbers))
    half = float(t.ppf((1 + confidence) / 2, len(numbers) - 1)) * error
    return mean - half, mean + half


def measured(values, digits: int = 1, unit: str = "") -> str:
    """``≈ 63.3 ± 0.9 pp``: mean and standard deviation over replicates; one number stands alone, and
    so does one that all replicates have.

    values: a number, or one for each replicate. digits: after the point.
    """
    values = torch.as_tensor(values, dtype=torch.float64).flatten()
    spread = values.std().item() if len(values) > 1 else 0
    spread = f" ± {_rounded(spread, digits)}" if spread else ""  # "± 0.0" would be a measurement
    return f"≈ {_rounded(values.mean().item(), digits)}{spread}{' ' + unit if unit else ''}"


def _rounded(number: float, digits: int) -> str:
    """With that many digits after the point, and one that counts where these would all be 0."""
    written = f"{number + 0.0:.{digits}f}"  # which takes the sign from a zero
    return written if number == 0 or float(written) else f"{number:.1g}"


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

    def misses(self, low: float, high: float) -> bool:
        """Whether all of the interval from low to high lies on one side of the band."""
        return (self.low is not None and high < self.low) or (self.high is not None and low > self.high)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.high is None:
            return f"at least {self.low:g}{unit}"
        if self.low is None:
            return f"at most {self.high:g}{unit}"
        return f"{self.low:g} to {self.high:g}{unit}"


@dataclass(frozen=True)
class Claim:
    """One claim with its verdict.

    text: the claim as a sentence. band: what would count as holding, fixed beforehand. values: one
    measured number for each replicate (paired differences, where two arms are compared); a number
    that stands alone is judged as it is. digits: after the point, in print. guess: the learner's,
    in the same unit, if one was asked for (nan: none was given).
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
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean, or None where one number stands alone."""
        numbers = torch.as_tensor(self.values, dtype=torch.float64).flatten()
        return interval(numbers) if len(numbers) > 1 else None

    @property
    def verdict(self) -> str:
        """``"holds"``, ``"does not hold"`` or ``"undecided"``; what is not a number does not hold."""
        low, high = self.interval or (self.mean, self.mean)
        if low in self.band and high in self.band:
            return HOLDS
        if math.isnan(low) or self.band.misses(low, high):
            return FAILS
        return UNDECIDED


def _guessed(claim: Claim) -> str:
    if claim.guess is None:
        return ""
    return "no guess yet" if math.isnan(claim.guess) else f"{claim.guess:g} {claim.band.unit}".strip()


class Verdicts:
    """A table of claims, as the last cells of every lesson show it."""

    def __init__(self, *claims: Claim):
        if not claims:
            raise ValueError("there is no claim to judge; give at least one")
        self.claims = claims

    def rows(self) -> list[tuple[str, ...]]:
        """Claim, band, measured, interval, verdict, and the learner's guess if any claim has one."""
        rows = []
        for claim in self.claims:
            row = (claim.text, str(claim.band),
                   measured(claim.values, claim.digits, claim.band.unit), _written(claim), claim.verdict)
            if self._guesses:
                row += (_guessed(claim),)
            rows.append(row)
        return rows

    @property
    def _guesses(self) -> bool:
        return any(claim.guess is not None for claim in self.claims)

    @property
    def _header(self) -> tuple[str, ...]:
        head = ("claim", "band", "measured", "95 % interval of the mean", "verdict")
        return head + (("your guess",) if self._guesses else ())

    def __repr__(self) -> str:
        return "\n".join(" · ".join(cell for cell in row if cell) for row in self.rows())

    def _repr_html_(self) -> str:
        def line(tag, cells, whole=()):
            nowrap = [";white-space:nowrap" * (place in whole) for place in range(len(cells))]
            return "<tr>" + "".join(f'<{tag} style="text-align:left{more}">{cell}</{tag}>'
                                    for more, cell in zip(nowrap, cells, strict=True)) + "</tr>"

        body = []
        for claim, row in zip(self.claims, self.rows(), strict=True):
            cells = [html.escape(cell) for cell in row]
            cells[4] = f"<b>{MARKS[claim.verdict]} {cells[4]}</b>"
            # beside JupyterLab's side bar the words of a claim wrap, and no number parts from its unit
            body.append(line("td", cells, whole=range(1, 5)))
        return f"<table>{line('th', self._header)}{''.join(body)}</table>"


def _written(claim: Claim) -> str:
    """``≈ -0.6 to ≈ 2.0``, or that there is only one number."""
    if claim.interval is None:
        return ONE_NUMBER
    return " to ".join(measured(end, claim.digits) for end in claim.interval)
