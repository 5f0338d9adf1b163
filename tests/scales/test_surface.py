"""What lesson 07's cells rely on holds at every scale."""

import pytest

from ticketlab import scales


@pytest.mark.parametrize("name, examples, density", [("quick", 3_500, 0.1), ("class", 55_000, 0.1), ("paper", 55_000, 0.107)])
def test_lesson_07_ends_at_a_tenth_and_trains_by_plain_sgd_at_every_scale(name, examples, density):
    """Its cells rely on an even number of levels, on α = 3, and on recipes without a pressure of their own."""
    plan = scales.named(name).surface
    assert abs((1 - plan.rate) ** plan.levels - density) < 0.002 and plan.levels % 2 == 0
    assert 3 in plan.powers and plan.l2 and plan.l1 and list(plan.widths) == sorted(plan.widths)
    signals = scales.named(name).rewinding
    assert signals.rewound[-1] < signals.recipe.with_(steps=plan.signal_steps).schedule(examples).total
    for recipe in (plan.recipe, plan.pressed, plan.matched):
        assert (recipe.optimizer, recipe.weight_decay, recipe.l1, recipe.powerprop) == ("sgd", 0, 0, 1)
        assert recipe.schedule(examples).total % 10 == 0
