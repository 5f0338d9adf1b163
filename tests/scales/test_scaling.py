"""What lesson 06's cells rely on holds at every scale."""

import pytest

from ticketlab import scales


@pytest.mark.parametrize("name, examples", [("quick", 3_500), ("class", 55_000), ("paper", 55_000)])
def test_lesson_06_compares_what_can_be_compared_at_every_scale(name, examples):
    """Its cells rely on four widths or more, two depths at one of a net's own width beside that of the widths,
    pruning that takes the widest net below the dense narrow one (an eighth as wide), and a last level of the
    transformer."""
    plan = scales.named(name).scaling
    for sizes in (plan.widths, plan.depths, plan.cnn_widths, plan.noisy_widths):
        assert list(sizes) == sorted(set(sizes))
    assert len(plan.widths) >= 4 and len(plan.depths) >= 2 and len(plan.cnn_widths) >= 2
    assert plan.deep in plan.widths and plan.depths[0] == 1 and plan.mlp.depth in plan.depths[1:-1]
    assert plan.widths[-1] / 8 in plan.widths
    assert (1 - plan.mlp.rate["hidden"]) ** plan.mlp.levels < 1 / 8
    assert (1 - max(plan.cnn.rate.values())) ** plan.cnn.levels < plan.cnn_widths[-2] / plan.cnn_widths[-1]
    assert 0 < plan.noise < 1 and plan.text_levels >= 2
    for recipe in (plan.mlp.recipe, plan.cnn.recipe, plan.noisy_recipe):
        schedule = recipe.schedule(examples)
        assert schedule.total % schedule.evaluate_every == 0
