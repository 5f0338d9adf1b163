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


def test_larger_rounds_end_where_the_papers_do():
    """Quick and class take fewer, larger rounds than 20 %, and still pass 30, 10 and 3 %."""
    for name in ("quick", "class"):
        scale = scales.named(name)
        left = [100 * (1 - scale.rate["hidden"]) ** level for level in range(scale.levels + 1)]
        for wanted in (30, 9, 3):
            assert min(abs(share / wanted - 1) for share in left) < 0.1
    assert scales.named("paper").rate == {"hidden": 0.2, "output": 0.1}


def test_a_misspelt_scale_lists_the_scales(monkeypatch):
    monkeypatch.setenv("TICKETLAB_SCALE", "quik")
    with pytest.raises(ValueError, match=r"\(TICKETLAB_SCALE\) is 'quik'; it must be one of \['quick', 'class', 'paper'\]"):
        scales.current()
