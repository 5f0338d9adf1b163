"""One variable chooses the size of every experiment, and says so when it is misspelt."""

import subprocess
from dataclasses import fields, is_dataclass, replace

import pytest

from ticketlab import scales
from ticketlab.scales import scale as scale_file
from ticketlab.training import Recipe
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


def _recipes(plan):
    if isinstance(plan, Recipe):
        yield plan
    elif is_dataclass(plan):
        for field in fields(plan):
            yield from _recipes(getattr(plan, field.name))
    elif isinstance(plan, tuple):
        for each in plan:
            yield from _recipes(each)


@pytest.mark.parametrize("name", ["quick", "class", "paper"])
@pytest.mark.parametrize("gpu", [False, True])
def test_sixteen_bits_are_for_gpus(monkeypatch, name, gpu):
    """ResNet-20 in 16 bits took a processor without such arithmetic fourteen times as long."""
    monkeypatch.setenv("TICKETLAB_SCALE", name)
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    written, found = list(_recipes(scales.named(name))), list(_recipes(scales.current()))
    assert len(found) > 5 and any(each.precision == "mixed" for each in written)
    assert found == (written if gpu and name != "quick" else [each.with_(precision="float32") for each in written])


def test_a_recipe_in_a_protocol_is_found_too(monkeypatch):
    large = scales.named("class")
    sixteen = large.scaling.mlp._replace(recipe=large.scaling.mlp.recipe.with_(precision="mixed"))
    monkeypatch.setitem(scale_file._SCALES, "class", replace(large, scaling=replace(large.scaling, mlp=sixteen)))
    monkeypatch.setenv("TICKETLAB_SCALE", "class")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert scales.current().scaling.mlp == large.scaling.mlp


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
