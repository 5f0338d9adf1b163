"""One variable chooses the size of every experiment, and says so when it is misspelt."""

import subprocess

import pytest

from ticketlab import scales
from ticketlab.scales import scale as scale_file
from tools.mutants import ROOT


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


def test_make_lab_names_a_misspelt_scale_before_anything_is_opened():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile[makefile.index("@case"):makefile.index("esac") + 4].replace("$$", "$").replace("\\\n", "\n")
    for name in [*scale_file._SCALES, "", "quik"]:
        done = subprocess.run(["sh", "-c", recipe[1:]], env={"TICKETLAB_SCALE": name}, capture_output=True, text=True)
        assert (done.returncode != 0) == (name == "quik")
    assert "'quik'; it must be quick, class or paper" in done.stdout


def test_in_a_notebook_every_later_cell_says_the_misspelt_scale_until_it_is_set_right(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setenv("TICKETLAB_SCALE", "quik")
    said = r"\(TICKETLAB_SCALE\) is 'quik'; it must be one of .* run the notebook from the top"
    for cell in ("import ticketlab as tl; scale = tl.scales.current()", "data = scale.load()", "data.x_train"):
        with pytest.raises(ValueError, match=said):
            shell.run_cell(cell).raise_error()
    assert shell.run_cell("%env TICKETLAB_SCALE=quick").success
    assert shell.run_cell("import ticketlab as tl; scale = tl.scales.current()").success
    assert shell.user_ns["scale"].name == "quick"


def test_a_misspelt_scale_lists_the_scales(monkeypatch):
    monkeypatch.setenv("TICKETLAB_SCALE", "quik")
    with pytest.raises(ValueError, match=r"\(TICKETLAB_SCALE\) is 'quik'; it must be one of \['quick', 'class', 'paper'\]"):
        scales.current()


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


@pytest.mark.parametrize("name, examples, density", [("quick", 3_500, 0.1), ("class", 55_000, 0.1), ("paper", 55_000, 0.107)])
def test_lesson_07_ends_at_a_tenth_and_trains_by_plain_sgd_at_every_scale(name, examples, density):
    """Its cells rely on an even number of levels, on α = 3, and on recipes without a pressure of their own."""
    plan = scales.named(name).surface
    assert abs((1 - plan.rate) ** plan.levels - density) < 0.002 and plan.levels % 2 == 0
    assert 3 in plan.powers and plan.l2 and plan.l1 and list(plan.widths) == sorted(plan.widths)
    for recipe in (plan.recipe, plan.pressed, plan.matched):
        assert (recipe.optimizer, recipe.weight_decay, recipe.l1, recipe.powerprop) == ("sgd", 0, 0, 1)
        assert recipe.schedule(examples).total % 10 == 0


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
