"""The stored lessons: complete, tidy, and compared strictly in what matters.

Strict nbval alone is not enough: a notebook whose outputs were cleared passes it. The guards here
see to it that what nbval compares is there; that it then notices a changed verdict is shown below.
"""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
SANITIZE = ROOT / "tests" / "nbval.cfg"
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MEGABYTE = 1_000_000

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def texts(output):
    """What a reader can read of an output: pictures are data, and may hold any letters by chance."""
    yield output.get("text", "")
    for kind, value in output.get("data", {}).items():
        if not kind.startswith("image/") or "svg" in kind:
            yield str(value)


# ---- what every stored lesson holds ----


def test_all_lessons_exist():
    # Without this, no lesson at all would pass every guard below.
    wanted = ["01_dense_training", "02_weight_histograms", "03_one_shot_pruning",
              "04_iterative_pruning", "05_rewinding", "06_scaling", "07_loss_surface",
              "08_random_networks",
              "09_kernels", "10_language_model", "your_own"]
    missing = set(wanted) - {path.stem for path in LESSONS}
    assert not missing, f"lessons/ lacks {sorted(missing)}"


@each_lesson
def test_every_code_cell_was_executed_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "store it with: make lessons"


# Called as a cell's last line, these give nothing to show.
SILENT = {
    "add",
    "add_class",
    "append",
    "clear",
    "close",
    "extend",
    "jslink",
    "link",
    "manual_seed",
    "mkdir",
    "observe",
    "on_click",
    "run_cell_magic",
    "run_line_magic",
    "seed",
    "set",
    "setdefault",
    "system",
    "update",
    "use",
}
SHOWING = {
    "print",
    "display",
    "show",
    "figure",
    "subplots",
    "plot",
    "hist",
    "bar",
    "scatter",
    "imshow",
}


def calls_made(tree):
    """Names of what a cell itself calls; what a function only defines is not called yet."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        yield from calls_made(node)


def must_show(source):
    """Whether a cell leaves an output: it prints, displays, draws, or ends in a value."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    for name in calls_made(tree):
        *owners, function = name.split(".")
        if function in SHOWING or "figures" in owners:
            return True
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return False
    value = tree.body[-1].value
    if isinstance(value, ast.Constant):
        return value.value is not None
    return not (isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in SILENT)


@pytest.mark.parametrize("source, shows", [
    ("x = 1", False),
    ("x", True),
    ("_ = plt.plot(x)", True),
    ("for i in y:\n    print(i)", True),
    ("def f():\n    print(1)", False),
    ("figure = tl.figures.histogram(w)", True),
    ("fig, ax = plt.subplots()\nplt.show()", True),
    ("tl.claims.table(rows)", True),
    ("slider.observe(move)", False),
    ("%matplotlib inline", False),
])  # fmt: skip
def test_which_cells_must_show_something(source, shows):
    assert must_show(source) is shows


@each_lesson
def test_what_the_cells_show_is_stored(path):
    shown = [c for c in code_cells(path) if "setup" not in c.metadata.get("tags", [])]
    empty = [c.source for c in shown if must_show(c.source) and not c.outputs]
    assert not empty, (
        "these cells show something when run, and nothing is stored: make lessons\n\n"
        + "\n\n".join(empty)
    )


@each_lesson
def test_a_figure_and_a_table_of_verdicts_are_stored(path):
    assert any("image/png" in output.get("data", {}) for output in outputs(path)), (
        "no figure is stored"
    )
    assert any(is_verdict(output) for output in outputs(path)), "no table of verdicts is stored"


@each_lesson
def test_every_stored_figure_says_in_words_what_it_shows(path):
    """`make lessons` stores no figure without."""
    pictures = [output for output in outputs(path) if "image/png" in output.get("data", {})]
    assert pictures and all(output.metadata.get("image/png", {}).get("alt") for output in pictures)


@each_lesson
def test_formulas_can_be_read_without_a_network(path):
    """nbconvert's pages fetch MathJax from a server, and show dollars and backslashes without it."""
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    found = re.findall(r"\$\$?[^$\n]*[\\^_{}a-zA-Z][^$\n]*\$", re.sub(r"`[^`]*`", "", prose))
    assert not found, f"write it in words and signs, as in √(*p*(1 − *p*)/*N*): {found}"


@each_lesson
def test_no_error_or_warning_is_stored(path):
    for output in outputs(path):
        assert output.output_type != "error", f"stored error: {output.ename}: {output.evalue}"
        assert output.get("name") != "stderr", f"stored on stderr: {output.text}"


@each_lesson
def test_no_widget_is_stored_that_could_only_say_loading(path):
    assert "widgets" not in read(path).metadata
    for output in outputs(path):
        assert WIDGET_VIEW not in output.get("data", {}), "strip it with: make lessons"
        assert not any("Loading widget" in text for text in texts(output))


HERE_ONLY = re.compile(
    r"(?<![\w.:/-])/(?:home|root|usr|tmp|var|opt|content|Users)/"
    r"|(?<!\w)[A-Z]:\\(?=\w+\\)|site-packages"
)


@each_lesson
def test_no_path_of_one_machine_is_stored(path):
    written = [cell.source for cell in read(path).cells] + [
        t for o in outputs(path) for t in texts(o)
    ]
    found = [match.group() for text in written for match in HERE_ONLY.finditer(text)]
    assert not found, f"works on one machine only: {found}"


EXEMPT = re.compile(r"NBVAL_(?:IGNORE_OUTPUT|SKIP|RAISES_EXCEPTION)|PYTEST_VALIDATE_IGNORE_OUTPUT")


@each_lesson
def test_at_most_one_cell_is_exempt_from_comparison(path):
    marked = 0
    for cell in code_cells(path):
        tags = " ".join(cell.metadata.get("tags", [])).upper().replace("-", "_")
        marked += bool(
            EXEMPT.search(cell.source) or EXEMPT.search(tags) or "RAISES_EXCEPTION" in tags
        )
    assert marked <= 1, f"{marked} cells are not compared"


@each_lesson
def test_cells_are_short_enough_to_read(path):
    for cell in code_cells(path):
        lines = len(cell.source.splitlines())
        assert 1 <= lines <= 15, f"{lines} lines in the cell that begins {cell.source[:60]!r}"


@each_lesson
def test_code_is_not_clipped_beside_the_side_bar(path):
    """JupyterLab wraps no line of code, and shows 107 characters of it at 1280 px with its side bar."""
    cells = [cell for cell in code_cells(path) if "setup" not in cell.metadata.get("tags", [])]
    wide = [line for cell in cells for line in cell.source.splitlines() if len(line) > 106]
    assert not wide, f"at most 106 characters a line: {wide}"


@each_lesson
def test_no_cell_silences_its_last_line_with_a_semicolon(path):
    # nbval runs cells outside IPython's history, where the semicolon has no effect.
    cells = [c.source for c in code_cells(path) if c.source.rstrip().endswith(";")]
    assert not cells, f"assign the value instead, as in `_ = plt.plot(x)`: {cells}"


@each_lesson
def test_cells_keep_their_names(path):
    ids = [cell.get("id") for cell in read(path).cells]
    assert None not in ids and len(set(ids)) == len(ids), (
        "cells need distinct ids, or every diff is a rewrite"
    )


@each_lesson
def test_a_lesson_is_small(path):
    assert path.stat().st_size < MEGABYTE, (
        f"{path.stat().st_size / MEGABYTE:.1f} MB: fewer or smaller figures"
    )


def test_all_lessons_together_are_small():
    # half a megabyte each on average: the ten lessons that there were had 5 MB
    assert sum(path.stat().st_size for path in LESSONS) < len(LESSONS) * MEGABYTE / 2


# ---- what the comparison overlooks, and what it does not ----

VERDICT = re.compile(r"does not hold|holds|undecided")
MEASURED = re.compile(r"(≈\s*[-+−]?)\d")


def is_verdict(output):
    table = output.get("data", {}).get("text/html", "")
    return bool(VERDICT.search(table) and MEASURED.search(table))


def flipped(text, match):
    other = {"holds": "undecided", "undecided": "does not hold", "does not hold": "holds"}[match.group()]
    return text[: match.start()] + other + text[match.end() :]


def rules():
    return re.findall(
        r"^regex: (.*)\nreplace: (.*)$", SANITIZE.read_text(encoding="ascii"), re.MULTILINE
    )


def sanitized(text):
    """As nbval does it: every rule, in the order of the file."""
    for pattern, replacement in rules():
        text = re.sub(pattern, replacement, text)
    return text


def test_the_sanitize_file_stays_short():
    assert 1 <= len(rules()) < 10


@pytest.mark.parametrize("one, other", [
    ("≈ 63.3 ± 0.9", "≈ 9.25 ± 1.1"),
    ("|  ≈ 9.3  |", "| ≈ 63.3 |"),
    ("   density 9%\nx      ≈ 9.3", "    density 9%\nx      ≈ 63.3"),
    ("≈ +0.4 pp", "≈ −1.3 pp"),
    ("≈1,204 s", "≈ 3e-05 s"),
    ("  0%|          | 0/1500 [00:00<?, ?it/s]", "100%|██████████| 1500/1500"),
    ("round 2:   0%|          | 0/14 [00:00<?, ?it/s]", "round 2: 100%|██████████| 14/14"),
    ("<Line2D at 0x7f3a5c0d9e10>", "<Line2D at 0x7fb0d2a4c450>"),
])  # fmt: skip
def test_measurements_bars_and_addresses_are_overlooked(one, other):
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize("one, other", [
    ("≈ 63.3 holds", "≈ 63.3 does not hold"),
    ("≈ -0.5 to ≈ 4.5 holds", "≈ -0.5 to ≈ 4.5 undecided"),
    ("≈ 63.3", "≈ nan"),
    ("≈ 63.3 %", "≈ 63.3 pp"),
    ("above 60, ≈ 63.3", "above 70, ≈ 63.3"),
    ("266200 weights", "266201 weights"),
    ("  0%|          | 0/1500 [00:00<?, ?it/s]", "  0%|          | 0/900 [00:00<?, ?it/s]"),
])  # fmt: skip
def test_verdicts_bands_units_and_exact_counts_are_not(one, other):
    assert sanitized(one) != sanitized(other)


@each_lesson
def test_each_stored_verdict_counts_in_the_comparison(path):
    for output in filter(is_verdict, outputs(path)):
        table = output.data["text/html"]
        for match in VERDICT.finditer(table):
            assert sanitized(flipped(table, match)) != sanitized(table)


TABLE = """print("holds · one shot to 33 % costs nothing · within 1.5 of dense · ≈ 63.3 ± 0.9")"""


def changed(notebook, change):
    """A copy in which `change` went over every text of every output."""
    copy = nbformat.from_dict(notebook)
    copy = nbformat.reads(nbformat.writes(copy), as_version=4)
    for cell in copy.cells:
        for output in cell.outputs:
            if "text" in output:
                output.text = change(output.text)
            else:
                output.data = {kind: change(text) for kind, text in output.data.items()}
    return copy


def test_nbval_passes_other_digits_and_fails_on_a_changed_verdict_or_band(tmp_path):
    """The whole chain, cheaply: a printed line, and every lesson's table of verdicts replayed."""
    tables = [output.data for path in LESSONS for output in outputs(path) if is_verdict(output)]
    show = "from IPython.display import display\ndisplay({!r}, raw=True)"
    cells = [TABLE] + [show.format({"text/html": t["text/html"], "text/plain": ""}) for t in tables]
    notebook = new_notebook(cells=list(map(new_code_cell, cells)))
    NotebookClient(notebook, kernel_name="python3", record_timing=False).execute()

    digits = changed(notebook, lambda text: MEASURED.sub(r"\g<1>98765.", text))
    verdict = changed(
        notebook, lambda text: flipped(text, m) if (m := VERDICT.search(text)) else text
    )
    band = changed(notebook, lambda text: text.replace("within 1.5", "within 2.5"))
    copies = {"same": notebook, "digits": digits, "verdict": verdict, "band": band}
    # one behind the other in one notebook: each kernel would take seconds to begin
    every = [new_code_cell(cell.source, outputs=cell.outputs, execution_count=1)
             for copy in copies.values() for cell in copy.cells]
    nbformat.write(new_notebook(cells=every), tmp_path / "copies.ipynb")

    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-sanitize-with", str(SANITIZE), "-rA",
               "--color=no", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]  # fmt: skip
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    found = re.findall(r"^(PASSED|FAILED) copies\.ipynb::Cell (\d+)", done.stdout, re.MULTILINE)
    results = {(list(copies)[int(cell) // len(cells)], int(cell) % len(cells)): result for result, cell in found}
    assert len(results) == 4 * len(cells), done.stdout

    for cell in range(len(cells)):
        assert results["same", cell] == results["digits", cell] == "PASSED", done.stdout
        assert results["verdict", cell] == "FAILED", done.stdout
    assert results["band", 0] == "FAILED", done.stdout


# ---- how lessons are executed and stored ----


@pytest.fixture
def execute(monkeypatch):
    """tools/execute.py, which is a script beside the lessons and no part of the package."""
    monkeypatch.syspath_prepend(ROOT / "tools")  # as for a script, which finds its neighbours
    spec = importlib.util.spec_from_file_location("execute", ROOT / "tools" / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LITTLE_LESSON = [
    "import ticketlab\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "import ipywidgets\nipywidgets.VBox([ipywidgets.FloatSlider()])",
    "from ticketlab.basics import progress_bar\nwith progress_bar(True, 3, 'train') as bar:\n    bar.update(3)",
    "import os\nprint(os.environ['TICKETLAB_SCALE'])",
]


def test_execute_stores_what_can_be_shown_and_nothing_that_varies(
    execute, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "01_little.ipynb"
    nbformat.write(new_notebook(cells=list(map(new_code_cell, LITTLE_LESSON))), path)
    monkeypatch.setenv("TICKETLAB_SCALE", "class")
    ids = [cell.id for cell in read(path).cells]

    execute.main(["01"], tmp_path)
    once = path.read_bytes()
    execute.main([], tmp_path)

    assert path.read_bytes() == once, "a second run must change nothing"
    said = capsys.readouterr().out
    assert re.search(r"01_little … \d+\.\d s, \d\.\d GB, 0 MB kept\n", said), said
    setup, *cells = read(path).cells[1:-1]  # between the links
    assert [cell.id for cell in cells] == ids
    assert setup.id == "01-setup" and setup.outputs == [] and setup.execution_count == 1
    figure, widget, bar, scale = (cell.outputs[-1] for cell in cells)
    assert "image/png" in figure.data and figure.metadata["image/png"]["alt"] == "plot; 1 line, from 1 to 2"
    assert widget.data["text/plain"].startswith("VBox(") and WIDGET_VIEW not in widget.data
    assert bar.data == {"text/plain": "train: 100%|██████████| 3/3"}
    assert scale.text == "quick\n"
    metadata = read(path).metadata
    assert (
        set(metadata) == {"kernelspec", "language_info"} and "version" not in metadata.language_info
    )
    assert not any("execution" in cell.metadata for cell in read(path).cells)
    assert os.listdir(tmp_path) == [path.name], "nothing else may be left behind"
    assert "RUSAGE_SELF" not in path.read_text(), "what measures the memory is no part of a lesson"


def test_execute_stops_at_a_cell_that_raises_and_leaves_the_file(execute, tmp_path, monkeypatch):
    path = tmp_path / "02_broken.ipynb"
    nbformat.write(
        new_notebook(cells=[new_code_cell("rate = 2\nraise ValueError(f'rate {rate}')")]), path
    )
    before = path.read_bytes()
    monkeypatch.setenv("TICKETLAB_SCALE", "quick")  # main sets it: put it back afterwards

    with pytest.raises(SystemExit) as stopped:
        execute.main(["02_broken.ipynb"], tmp_path)
    assert "raise ValueError" in str(stopped.value) and "rate 2" in str(stopped.value)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_execute_stores_no_figure_without_words(execute, tmp_path, monkeypatch):
    path = tmp_path / "03_mute.ipynb"
    draw = "from matplotlib import pyplot\npyplot.plot([1, 2])\npyplot.show()"
    nbformat.write(new_notebook(cells=[new_code_cell(draw)]), path)
    before = path.read_bytes()
    monkeypatch.setenv("TICKETLAB_SCALE", "quick")  # main sets it: put it back afterwards
    with pytest.raises(SystemExit, match=r"no alternative text(.|\n)*pyplot\.plot"):
        execute.execute(path)
    assert path.read_bytes() == before


def test_execute_counts_the_memory_of_the_processes_that_a_kernel_begins(execute):
    """Lesson 06 trains in processes of its own; the kernel alone would look small."""
    child = "held = bytearray(80_000_000); import time; time.sleep(60)"
    kernel = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with execute.Others() as others:
        ran = subprocess.Popen([sys.executable, "-c", kernel])
        until = time.monotonic() + 30
        while others.peak < 80e6 and time.monotonic() < until:
            time.sleep(0.1)
        for each in (*psutil.Process(ran.pid).children(), ran):
            each.kill()
        ran.wait()
    assert 80e6 <= others.peak < 300e6


def test_execute_names_the_lessons_when_it_does_not_know_one(execute, tmp_path):
    (tmp_path / "01_little.ipynb").write_text("{}")
    with pytest.raises(SystemExit, match="'09'.*01_little"):
        execute.lessons(["09"], tmp_path)


# ---- the page for those who teach with them ----

GUIDE = (ROOT / "lessons" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", GUIDE))))
def test_every_file_that_the_guide_links_to_exists(target):
    assert (ROOT / "lessons" / target).is_file()


def test_the_guides_cells_for_a_class_run_as_printed(tmp_path, monkeypatch):
    """Two seats with shortened training, and then the teacher, in one folder."""
    seat, teacher = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    assert "seat = 17" in seat and "scale.recipe," in seat
    monkeypatch.chdir(tmp_path)
    for number in (17, 18):
        code = seat.replace("seat = 17", f"seat = {number}")
        shown = {}
        exec(code.replace("scale.recipe,", "scale.recipe.with_(steps=10),"), shown)  # noqa: S102
    exec(teacher, shown)  # noqa: S102 - our own text
    pooled = shown["pooled"]
    assert list(pooled.files) == [117, 118] and pooled.left_out == {}
    assert pooled.having("reinit")["replicate"].nunique() == 2
