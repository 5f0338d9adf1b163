"""What lesson 08's cells rely on holds at every scale."""

import pytest

from ticketlab import scales


@pytest.mark.parametrize("name, examples", [("quick", 3_500), ("class", 55_000), ("paper", 55_000)])
def test_lesson_08_compares_what_can_be_compared_at_every_scale(name, examples):
    """Its cells rely on widths from ×1 to ×32, parts with rates, a picked width among the frozen ones, half of
    the weights among the shares, ensembles of equal size, and a supermask that trains nothing else."""
    plan = scales.named(name).random
    assert plan.widths[-1] == 32 * plan.widths[0] and plan.linearised == plan.widths[:3]
    assert {plan.widths[0], plan.widths[-1], plan.picked} <= set(plan.frozen) <= set(plan.widths)
    assert set(plan.rates) == {"last layer", "first layer", "biases", "norms", "linearised"} and 0.5 in plan.shares
    inputs = 40 if name == "quick" else 784
    sizes = [number * ((inputs + 10) * width + width ** 2) for number, width in (*plan.small, (1, plan.picked))]
    assert all(abs(size / sizes[-1] - 1) < 0.03 for size in sizes)
    assert [number for number, _ in plan.small][-1] == 16
    for recipe in (plan.recipe, plan.picking):
        schedule = recipe.schedule(examples)
        assert recipe.cosine and recipe.trained == "everything" and schedule.total % schedule.evaluate_every == 0
    images = plan.image_recipe  # Ramanujan et al. 2020, Conv-4
    assert (images.lr, images.momentum, images.batch, images.weight_decay, images.cosine) == (0.1, 0.9, 128, 1e-4, True)
    assert (name == "paper") == (images.steps == "100ep")
