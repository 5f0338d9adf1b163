"""What stands on the pages themselves: tables, links, pictures, names of rows and figures, and costs.

Prose goes wrong silently. What it says of a table's row or of a figure is checked where it can be:
curly quotes “…” around a name mean that this name stands in the lesson's tables, figures or panels.
"""

import importlib.util
import json
import re
from html import unescape
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "lessons").glob("*.md"))]
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", [*LESSONS, *PAGES], ids=lambda path: path.name)


def read(path):
    return nbformat.read(path, as_version=4)


def cells(path, kind):
    return [cell for cell in read(path).cells if cell.cell_type == kind]


def prose(path):
    """The Markdown texts of a notebook, or the one of a page."""
    if path.suffix == ".md":
        return [path.read_text(encoding="utf-8")]
    return [cell.source for cell in cells(path, "markdown")]


@pytest.fixture
def tool(monkeypatch):
    """Loads a script of tools/, where each finds its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "tools")

    def load(name):
        spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


# ---- tables ----


def tables(text):
    """Each table of a Markdown text as a list of its rows; code blocks and code spans are no tables."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]*`", "code", text)
    rows = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            yield rows
            rows = []


def test_what_counts_as_a_table():
    text = "a\n| x | y |\n|---|---|\n| `a|b` | 2 |\n\n```\n| no | table\n```\n| z |\n|---|"
    assert list(tables(text)) == [[["x", "y"], ["---", "---"], ["code", "2"]], [["z"], ["---"]]]


@each_page
def test_every_row_of_a_table_has_as_many_cells_as_its_head(path):
    for text in prose(path):
        for head, line, *rows in tables(text):
            assert set("".join(line)) <= set("-:"), f"no line of dashes below {head}"
            for row in [line, *rows]:
                assert len(row) == len(head), f"{len(head)} heads, and {len(row)} cells in {row}"


# ---- links ----


def anchors(path):
    """What can stand behind # in a link to a page: its headings, as GitHub and JupyterLab write them."""
    heads = re.findall(r"^#+ (.*)$", "\n".join(prose(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_page
def test_every_link_to_a_page_or_a_heading_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", "\n".join(prose(path))):
        target = "".join(target)
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        page = path.parent / name if name else path
        assert page.exists(), f"{target} is not there"
        if anchor and page.suffix == ".md":
            assert anchor in anchors(page), f"{name} has no heading {anchor}; it has {sorted(anchors(page))}"


FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|json|csv|md|ipynb|txt|toml|yml))(?:::\w+)?`")


@each_page
def test_every_file_that_prose_names_is_there(path):
    """Rooms move, and a sentence that sends a reader to the old place is noticed by nobody else."""
    for name in FILE.findall("\n".join(prose(path))):
        assert (ROOT / name).exists() or (path.parent / name).exists(), f"`{name}` is not there"


def test_which_words_name_a_file():
    text = "`ticketlab/lottery.py`, `runs/`, `a/b`, `reference/x.json` and `tests/test_a.py::test_b`, a/c.py"
    assert FILE.findall(text) == ["ticketlab/lottery.py", "reference/x.json", "tests/test_a.py"]


@each_lesson
def test_a_lesson_links_to_the_one_before_the_map_and_the_next_at_both_ends(path, tool):
    top, *_, bottom = read(path).cells
    wanted = tool("navigation").line(path.stem, [each.stem for each in LESSONS])
    assert top.source == bottom.source == wanted, "write them with: python tools/execute.py --stamp"
    order = [each for each in LESSONS if each.stem[0].isdigit()]  # a page without a number has no place in it
    neighbours = order[max(0, order.index(path) - 1):order.index(path) + 2] if path in order else []
    assert {each.name for each in order if f"]({each.name})" in wanted} == {
        each.name for each in neighbours if each != path}
    assert "](start.md)" in wanted and "](glossary.md)" in wanted


def test_stamping_links_twice_changes_nothing(tool):
    navigation, notebook = tool("navigation"), read(LESSONS[1])
    names = [each.stem for each in LESSONS]
    before = nbformat.writes(notebook)
    navigation.stamp(notebook, LESSONS[1].stem, names)
    assert nbformat.writes(notebook) == before
    navigation.stamp(notebook, LESSONS[1].stem, names[1:])
    assert "←" not in notebook.cells[0].source and len(notebook.cells) == len(read(LESSONS[1]).cells)


@each_lesson
def test_the_setup_cell_is_folded(path):
    (setup,) = [cell for cell in read(path).cells if "setup" in cell.metadata.get("tags", [])]
    assert setup.metadata.jupyter.source_hidden and setup.metadata.cellView == "form"
    assert setup.source.startswith("#@title ")


@each_lesson
def test_a_lessons_card_says_what_is_known_of_its_costs(path, tool):
    costs, notebook = tool("costs"), read(path)
    before = nbformat.writes(notebook)
    costs.stamp(notebook, path.stem)
    assert nbformat.writes(notebook) == before, "write it with: python tools/execute.py --stamp"
    card = next(cell.source for cell in notebook.cells if costs.HEAD in cell.source)
    assert " | ".join(costs.cells(costs.known()[tool("names").short(path.stem)]["quick"])) in card


@each_lesson
def test_the_guide_and_the_readme_say_the_same_times_as_the_card(path, tool):
    costs, number = tool("costs"), tool("names").short(path.stem)
    own = costs.known()[number]
    number = number.replace("_", " ")
    guide = next(row for text in prose(ROOT / "lessons" / "README.md") for head, _, *rows in tables(text)
                 for row in rows if row[0] == number)
    assert guide[1:3] == [costs.time(own.get(scale, {})) for scale in ("quick", "class")]
    readme = next(row for text in prose(ROOT / "README.md") for head, _, *rows in tables(text)
                  for row in rows if re.match(rf"\[{number}\b", row[0]))
    assert readme[-1] == costs.time(own["quick"])


@pytest.mark.parametrize("entry, time", [
    ({"seconds": 34.4}, "34 s"), ({"seconds": 216}, "3.6 min"), ({"seconds": 1500}, "25 min"), ({}, "not measured"),
    ({"seconds": 7200, "extrapolated": True}, "about 2.0 h, extrapolated")])
def test_times_as_they_are_written(entry, time, tool):
    assert tool("costs").time(entry) == time


def test_a_new_cost_is_stamped_into_its_row_and_nowhere_else(tool):
    costs = tool("costs")
    text = f"Words.\n\n{costs.HEAD}\n|---|---|---|---|---|\n| `quick` (this page) | nets | 1 s | 1 | 1 |\n\nMore."
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    costs.stamp(notebook, "07_new", {"07": {"quick": {"seconds": 5, "gigabytes": 0.94, "megabytes kept": 130}}})
    assert notebook.cells[0].source == text.replace("| 1 s | 1 | 1 |", "| 5 s | 0.9 GB | 130 MB |")


GLOSSARY = ROOT / "lessons" / "glossary.md"
WORDS = ("arm", "band", "barrier", "density", "sparsity", "rate", "level", "magnitude", "nats", "replicate",
         "ticket", "interval", "dropout", "frozen", "perplexity", "outlier feature", "matching",
         "pressure", "symmetry")


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_explains_a_word_and_a_lesson_links_to_it(word):
    text = GLOSSARY.read_text(encoding="utf-8")
    assert re.search(rf"^## {word}\n\n\w", text, re.MULTILINE)
    assert any(f"](glossary.md#{word.replace(' ', '-')})" in "\n".join(prose(path)) for path in LESSONS)


# ---- the start page ----


@each_lesson
def test_the_start_page_shows_the_figure_that_the_lesson_shows(path, tool):
    covers = tool("covers")
    assert covers.picture(read(path)) == covers.place(path).read_bytes(), "make lessons"
    page = (ROOT / "lessons" / "start.md").read_text(encoding="utf-8")
    assert f"pictures/{covers.place(path).name}" in page and f"]({path.name})" in page


def test_make_lab_opens_the_start_page_rendered():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "/lab/tree/lessons/start.md" in makefile and "app_settings_dir=tools/lab" in makefile
    settings = json.loads((ROOT / "tools" / "lab" / "overrides.json").read_text(encoding="utf-8"))
    viewers = settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers["markdown"] == "Markdown Preview"


# ---- names in prose ----

NAMED = re.compile(r"“([^”]+)”")
SAID = re.compile(r"((?:“[^”]+”(?:,|,? and)?\s+)+)(holds?|does not hold|do not hold|(?:is|are) undecided)")
SINGLE = {"hold": "holds", "do not hold": "does not hold", "is undecided": "undecided", "are undecided": "undecided"}
BY_PLACE = re.compile(r"\b(?:first|second|third|last) (?:row|claim)s?\b|\b(?:row|claim) \d|"
                      r"\bon the (?:left|right)\b|\b(?:left|right|middle) (?:picture|one)\b", re.IGNORECASE)


def rows_of(path):
    """claim -> verdict, of all tables of verdicts that are stored in a lesson."""
    found = {}
    for cell in cells(path, "code"):
        for output in cell.outputs:
            for row in re.findall(r"<tr>(.*?)</tr>", output.get("data", {}).get("text/html", "")):
                parts = [unescape(re.sub(r"<.*?>", "", part)) for part in re.findall(r"<td.*?</td>", row)]
                if len(parts) > 4 and (verdict := re.search(r"holds|does not hold|undecided", parts[4])):
                    found[parts[0]] = verdict.group()
    return found


def said(path):
    """(name, verdict) of each row of which prose gives the verdict: “A” holds; “A”, “B” and “C” are undecided."""
    for names, verdict in SAID.findall(flat("\n".join(prose(path)))):
        for name in NAMED.findall(names):
            yield name, SINGLE.get(verdict, verdict)


def drawn(path):
    """Where a name may stand: a lesson's own cells and outputs, and the code of figures and panels."""
    texts = [cell.source for cell in cells(path, "code")]
    for cell in cells(path, "code"):
        for output in cell.outputs:
            texts += [output.get("text", "")]
            texts += [unescape(text) for kind, text in output.get("data", {}).items() if "image" not in kind]
    for folder in ("figures", "panels"):
        texts += [file.read_text(encoding="utf-8") for file in (ROOT / "ticketlab" / folder).rglob("*.py")]
    return "\n".join(texts)


def flat(text):
    return " ".join(text.split())


@each_lesson
def test_what_prose_names_in_curly_quotes_is_there(path):
    there, claims = flat(drawn(path)), rows_of(path)
    for name in NAMED.findall("\n".join(prose(path))):
        name = flat(name)
        assert any(claim.startswith(name) for claim in claims) or name in there, (
            f"“{name}” is no row, figure or label of this lesson")


@each_lesson
def test_the_verdict_that_prose_gives_a_row_is_the_stored_one(path):
    claims = rows_of(path)
    assert claims, "no table of verdicts was found"
    for name, verdict in said(path):
        stored = {found for claim, found in claims.items() if claim.startswith(name)}
        assert stored == {verdict}, f"“{name}”: prose says {verdict}, the table {stored or 'nothing'}"


@each_lesson
def test_every_row_that_is_undecided_is_spoken_of(path):
    spoken = {name for name, verdict in said(path) if verdict == "undecided"}
    for claim, verdict in rows_of(path).items():
        assert verdict != "undecided" or any(claim.startswith(name) for name in spoken), (
            f"no sentence says: “{claim}” is undecided")


@each_lesson
def test_prose_names_rows_and_pictures_and_does_not_count_them(path):
    found = BY_PLACE.search("\n".join(prose(path)))
    assert not found, f"{found.group()!r}: places change; give the name, in curly quotes"


@pytest.mark.parametrize("text, found", [
    ("The last row is its true half", True), ("see claim 2", True), ("the picture on the right", True),
    ("(row 5)", True), ("is right on 45 % of the way", False), ("the right labels", False),
    ("claims that fail", False)])
def test_which_sentences_count_places(text, found):
    assert bool(BY_PLACE.search(text)) is found
