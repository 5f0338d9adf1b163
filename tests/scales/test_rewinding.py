"""Lesson 05's cells are the same at every scale, and its largest scale is what was published."""

from ticketlab import scales


def test_lesson_05_ends_at_one_density_and_its_steps_fit_its_training_at_every_scale():
    """The lesson's cells are the same at every scale, so they may rely on this."""
    for name, examples, density in (("quick", 3_500, 0.2), ("class", 45_000, 0.168),
                                    ("paper", 45_000, 0.168)):
        plan = scales.named(name).rewinding
        rate = plan.rate if isinstance(plan.rate, float) else plan.rate["conv"]
        assert abs((1 - rate) ** plan.levels - density) < 0.001
        schedule = plan.recipe.schedule(examples)
        assert plan.steps[0] == 0 and set(plan.rewound) <= set(plan.steps)
        assert max(plan.steps) < schedule.drops[0]  # rewound to where the rate is still high
        assert plan.calm.schedule(examples).warmup > max(plan.rewound)


def test_paper_scale_of_lesson_05_is_the_published_schedule():
    """Frankle et al. 2020: SGD 0.1, dropped at 1/2 and 3/4 of 62,500 steps, k = 0, 500, 2,000."""
    plan = scales.named("paper").rewinding
    schedule = plan.recipe.schedule(45_000)
    assert (schedule.total, schedule.drops) == (62_500, (31_250, 46_875))
    assert (plan.dataset, plan.rewound, plan.replicates) == ("cifar10", (0, 500, 2_000), 3)
