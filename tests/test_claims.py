"""A verdict follows the band and nothing else; what is measured is marked with ≈."""

import pytest
import torch

from ticketlab.claims import Band, Claim, Verdicts, measured


@pytest.mark.parametrize("value, digits, unit, text", [
    (63.26, 1, "", "≈ 63.3"), (torch.tensor([1.0, 3.0]), 1, "pp", "≈ 2.0 ± 1.4 pp"),
    ([-0.5], 2, "", "≈ -0.50"), (torch.tensor(7), 0, "%", "≈ 7 %")])
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


def test_the_mean_over_replicates_is_judged():
    assert Claim("kept weights move more", Band(low=1.8), [1.0, 2.0, 3.0]).holds
    assert not Claim("kept weights move more", Band(low=2.1), [1.0, 2.0, 3.0]).holds


def test_the_table_shows_claims_that_fail_as_plainly():
    verdicts = Verdicts(Claim("a < b", Band(1, 2, "pp"), [1.5], guess=1), Claim("no", Band(low=9), [1.5, 2.5]))
    assert repr(verdicts) == ("a < b · 1 to 2 pp · ≈ 1.5 pp · holds · 1 pp\n"
                              "no · at least 9 · ≈ 2.0 ± 0.7 · does not hold")
    shown = verdicts._repr_html_()
    assert "✔ holds" in shown and "✘ does not hold" in shown and "a &lt; b" in shown
    assert "your guess" in shown and "your guess" not in Verdicts(Claim("c", Band(0, 1), [1]))._repr_html_()
    with pytest.raises(ValueError, match="no claim"):
        Verdicts()
