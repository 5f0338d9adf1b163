"""One variable chooses the size of every experiment, and says so when it is misspelt."""

import pytest

from ticketlab import scales


def test_quick_is_the_default_and_needs_no_network(monkeypatch):
    monkeypatch.delenv("TICKETLAB_SCALE", raising=False)
    scale = scales.current()
    assert (scale.name, scale.dataset, scale.device) == ("quick", "mnist1d", "cpu")
    assert scale.replicates >= 3


def test_paper_scale_is_the_papers_recipe(monkeypatch):
    """Frankle & Carbin 2019, figure 2 and section 2: Adam 1.2e-3, batch 60, 50,000 steps, 5 trials."""
    monkeypatch.setenv("TICKETLAB_SCALE", "paper")
    scale = scales.current()
    recipe = scale.recipe
    assert (scale.dataset, scale.replicates) == ("mnist", 5)
    assert (recipe.optimizer, recipe.lr, recipe.batch, recipe.steps, recipe.evaluate_every) == (
        "adam", 1.2e-3, 60, 50_000, 100)


def test_a_misspelt_scale_lists_the_scales(monkeypatch):
    monkeypatch.setenv("TICKETLAB_SCALE", "quik")
    with pytest.raises(ValueError, match=r"TICKETLAB_SCALE is 'quik'; it must be one of \['quick', 'class', 'paper'\]"):
        scales.current()
