"""A verdict follows the band and the interval, nothing else; what is measured is marked with ≈."""

import math
import re

import pytest
import torch

from ticketlab.claims import Band, Claim, Verdicts, interval, measured


@pytest.mark.parametrize("value, digits, unit, text", [
    (63.26, 1, "", "≈ 63.3"), (torch.tensor([1.0, 3.0]), 1, "pp", "≈ 2.0 ± 1.4 pp"),
    ([-0.5], 2, "", "≈ -0.50"), ([24.7, 25.3], 0, "%", "≈ 25 ± 0.4 %"), ([-0.03], 1, "", "≈ -0.03"),
    ([2.0, 2.0], 1, "", "≈ 2.0"), (torch.tensor(7), 0, "%", "≈ 7 %")])
def test_measured_figures_carry_the_sign(value, digits, unit, text):
    assert measured(value, digits, unit) == text


@pytest.mark.parametrize("low, high, inside, outside, text", [
    (6, 12, [6, 8.3, 12], [5.99, 12.01, float("nan")], "6 to 12 %"),
    (3, None, [3, 100], [2.9, float("nan")], "at least 3 %"),
    (None, -1.5, [-1.5, -9], [-1.4, float("nan")], "at most -1.5 %")])
def test_bands(low, high, inside, outside, text):
    band = Band(low, high, "%")
    assert all(value in band for value in inside) and not any(value in band for value in outside)
    assert str(band) == text


def test_bands_that_cannot_judge_are_refused():
    with pytest.raises(ValueError, match="a band without ends"):
        Band()
    with pytest.raises(ValueError, match="low end 3 lies above its high end 2"):
        Band(3, 2)


# Of 1, 2, 3: mean 2, standard error 0.577, Student's t with 2 degrees of freedom 4.303.
THREE, LOW, HIGH = [1.0, 2.0, 3.0], -0.484, 4.484


def test_the_interval_is_students_and_one_number_has_none():
    assert interval(THREE) == pytest.approx((LOW, HIGH), abs=1e-3)
    assert interval([1.0, 2.0, 3.0, 4.0, 5.0], 0.9) == pytest.approx((1.4925, 4.5075), abs=1e-3)
    assert all(map(math.isnan, interval([1.0])))
    with pytest.raises(ValueError, match="confidence is 95; it must lie between 0 and 1"):
        interval(THREE, 95)


@pytest.mark.parametrize("band, verdict", [
    (Band(low=LOW - 0.01), "holds"), (Band(low=LOW + 0.01), "undecided"), (Band(low=2.1), "undecided"),
    (Band(low=HIGH - 0.01), "undecided"), (Band(low=HIGH + 0.01), "does not hold"),
    (Band(high=HIGH + 0.01), "holds"), (Band(high=HIGH - 0.01), "undecided"),
    (Band(high=LOW - 0.01), "does not hold"), (Band(-1, 5), "holds"), (Band(1, 3), "undecided"),
    (Band(-1, 3), "undecided"), (Band(5, 6), "does not hold"), (Band(-6, -5), "does not hold")])
def test_a_claim_is_undecided_where_its_interval_crosses_an_end_of_the_band(band, verdict):
    assert Claim("kept weights move more", band, THREE).verdict == verdict


@pytest.mark.parametrize("value, verdict", [
    (1.7, "does not hold"), (1.8, "holds"), (float("nan"), "does not hold")])
def test_one_number_is_judged_as_it_is_and_the_table_says_so(value, verdict):
    claim = Claim("the standard deviation", Band(low=1.8), [value])
    assert claim.verdict == verdict and claim.interval is None
    assert "one number" in repr(Verdicts(claim)) and "one number" in Verdicts(claim)._repr_html_()


def test_a_replicate_that_is_not_a_number_decides_nothing_for_the_claim():
    assert Claim("c", Band(low=0), [1.0, float("nan"), 2.0]).verdict == "does not hold"


def test_the_table_shows_each_verdict_and_interval_as_plainly():
    verdicts = Verdicts(Claim("a < b", Band(1, 2, "pp"), [1.5], guess=1), Claim("no", Band(low=9), [1.5, 2.5]),
                        Claim("who knows", Band(low=0), THREE))
    assert repr(verdicts) == ("a < b · 1 to 2 pp · ≈ 1.5 pp · one number · holds · 1 pp\n"
                              "no · at least 9 · ≈ 2.0 ± 0.7 · ≈ -4.4 to ≈ 8.4 · does not hold\n"
                              "who knows · at least 0 · ≈ 2.0 ± 1.0 · ≈ -0.5 to ≈ 4.5 · undecided")
    shown = verdicts._repr_html_()
    assert "✔ holds" in shown and "✘ does not hold" in shown and "? undecided" in shown
    assert "a &lt; b" in shown and "95 % interval" in shown
    whole = re.findall('<td style="text-align:left;white-space:nowrap">(.*?)</td>', shown)
    assert {"1 to 2 pp", "≈ 2.0 ± 0.7", "≈ -4.4 to ≈ 8.4", "<b>✔ holds</b>"} < set(whole)  # never parted
    assert not {"a &lt; b", "1 pp"} & set(whole)
    assert "your guess" in shown and "your guess" not in Verdicts(Claim("c", Band(0, 1), [1]))._repr_html_()
    with pytest.raises(ValueError, match="no claim"):
        Verdicts()


def test_no_spread_is_printed_where_there_is_none_and_a_zero_has_no_sign():
    """Else 25 ± 0 reads as a measurement of the spread, and -0.0 as a loss."""
    assert measured([25.0, 25.0, 25.0], 0, "%") == "≈ 25 %"
    assert measured([-0.0, 0.0]) == "≈ 0.0" and measured([1.0, 1.04]) == "≈ 1.0 ± 0.03"
