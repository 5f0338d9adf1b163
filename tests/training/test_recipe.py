"""Steps are read as a person writes them; the schedule depends on the step alone."""

import pytest

from ticketlab.training import Recipe, parse_steps


@pytest.mark.parametrize("written, steps", [(500, 500), ("500it", 500), ("3ep", 105), ("1.5ep", 52),
                                            ("80%", 1200), (" 7 it ", 7), (0, 0)])
def test_steps_as_people_write_them(written, steps):
    assert parse_steps(written, per_epoch=35, total=1500) == steps


@pytest.mark.parametrize("written", ["", "many", "3 epochs", -1, 2.5, "1.5it", None, True, "it"])
def test_what_is_not_a_number_of_steps_is_refused_with_examples(written):
    with pytest.raises(ValueError, match="is not a (whole )?number of steps"):
        parse_steps(written, per_epoch=35, total=1500)


def test_units_that_cannot_be_known_say_so():
    with pytest.raises(ValueError, match="'3ep' cannot be used here: the size of the data"):
        parse_steps("3ep")
    with pytest.raises(ValueError, match="'8%' cannot be used here: the total"):
        parse_steps("8%", per_epoch=3)


def test_warmup_rises_linearly_and_drops_multiply():
    schedule = Recipe("sgd", lr=0.1, batch=10, steps=100, warmup=4, drops=("80%", "90it")).schedule(50)
    rates = [schedule.lr_at(step) for step in range(100)]
    assert rates[:5] == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])
    assert rates[79] == pytest.approx(0.1) and rates[80] == pytest.approx(0.01)
    assert rates[89] == pytest.approx(0.01) and rates[90] == pytest.approx(0.001)


def test_epochs_count_the_training_split():
    schedule = Recipe(batch=60, steps="2ep", evaluate_every="1ep").schedule(55_000)
    assert (schedule.total, schedule.per_epoch, schedule.evaluate_every) == (1832, 916, 916)


@pytest.mark.parametrize("fields, message", [
    ({"optimizer": "adamw"}, "optimizer is 'adamw'; it must be 'adam' or 'sgd'"),
    ({"lr": 0}, "lr is 0; it must be above 0"),
    ({"batch": 0}, "batch is 0"),
    ({"momentum": 1.0, "optimizer": "sgd"}, "momentum is 1.0"),
    ({"momentum": 0.9}, "momentum is 0.9.*adam"),
    ({"weight_decay": -1}, "weight_decay is -1"), ({"weight_decay": float("inf")}, "weight_decay is inf"),
    ({"drops": "80%"}, "drops is '80%'; it must be a tuple"),
    ({"steps": "ten"}, "'ten' is not a number of steps"),
    ({"evaluate_every": 0}, "evaluate_every is 0"),
])
def test_a_recipe_out_of_range_names_the_field(fields, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**fields)


def test_a_changed_recipe_checks_its_fields_too():
    assert Recipe(lr=0.5).with_(steps=7) == Recipe(lr=0.5, steps=7)
    with pytest.raises(ValueError, match="has no \\['learning_rate'\\]"):
        Recipe().with_(learning_rate=1)


def test_too_little_data_for_a_batch():
    with pytest.raises(ValueError, match="a batch of 60 needs at least 60 training examples, and there are 59"):
        Recipe(batch=60).schedule(59)


@pytest.mark.parametrize("changes", [{}, {"l1": 1e-3}, {"powerprop": 2.0}, {"cosine": True}, {"trained": "biases"}])
def test_what_is_printed_makes_the_same_recipe_and_names_rare_options_only_where_they_are_on(changes):
    recipe = Recipe("sgd", lr=0.1, batch=50, steps=10, warmup=2).with_(**changes)
    assert eval(repr(recipe)) == recipe  # noqa: S307
    assert all((name in repr(recipe)) == (name in changes) for name in ("l1", "powerprop", "cosine", "trained"))
