"""What the site is built from: the stored pages of the course, as Sphinx reads them.

Nothing is executed and nothing is written twice: lessons, guide, glossary, README and CONTRIBUTING are
copied under their own names, so that their links lead to one another, and the few other pages are put
together from sections of them.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from string import Template

import nbformat

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import costs  # noqa: E402
import live  # noqa: E402
import names  # noqa: E402
import setup_cell  # noqa: E402

HERE = Path(__file__).resolve().parent
PAGES = ["CHANGELOG.md", "CONTRIBUTING.md", "lessons/README.md", "lessons/glossary.md",
         "lessons/start.md", "lessons/reference/README.md"]
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^)\s]+)(\))")
FRAME = ('<iframe class="panel" src="{up}_static/live/{name}" title="{title}" loading="lazy">'
         "</iframe>")


def section(page, heading):
    """The text of a Markdown page under a heading, up to the next one of its level or above."""
    lines = (ROOT / page).read_text("utf-8").splitlines()
    begin, level = lines.index(heading) + 1, heading.index(" ")
    fenced, end = False, len(lines)
    for number in range(begin, len(lines)):
        fenced ^= lines[number].startswith("```")
        if not fenced and re.match(rf"#{{1,{level}}} ", lines[number]):
            end = number
            break
    return "\n".join(lines[begin:end]).strip()


def relative(text, page, to, folder):
    """A page's links, seen from the page ``to``. What is no page of the site is linked in the
    repository; ``folder`` holds what is."""
    def link(match):
        before, target, after = match.groups()
        path, mark, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", target):
            return match.group()
        aim = os.path.normpath(os.path.join(os.path.dirname(page), path))
        if (folder / aim).is_file():
            path = os.path.relpath(aim, os.path.dirname(to) or ".")
        else:
            kind = "tree" if (ROOT / aim).is_dir() else "blob"
            path = f"{setup_cell.address()}/{kind}/main/{aim}"
        return f"{before}{path}{mark}{anchor}{after}"

    def picture(match):
        said = dict(re.findall(r'(\w+)="([^"]*)"', match.group()))
        aim = os.path.normpath(os.path.join(os.path.dirname(page), said["src"]))
        place = os.path.relpath(aim, os.path.dirname(to) or ".")
        return f"![{said['alt']}]({place})"

    parts = re.split(r"(^```.*?^```)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [re.sub(r"<img [^>]*>", picture, LINK.sub(link, part)) for part in parts[::2]]
    return _diagrams("".join(parts))


def _diagrams(text):
    """A Mermaid diagram needs a program from the network; its lines, in words, do not."""
    def floors(match):
        names = dict(re.findall(r'(\w+)\["([^"]+)"\]', match[1]))
        arrows = re.findall(r"^\s*(\w+)(?:\[[^\]]*\])? --> (\w+)", match[1], re.MULTILINE)
        order = [arrows[0][0], *(below for _, below in arrows)]
        return "\n".join(f"{number}. {names[each]}" for number, each in enumerate(order, 1))

    return re.sub(r"^```mermaid\n(.*?)^```$", floors, text, flags=re.MULTILINE | re.DOTALL)


def lesson(notebook, stem, saved):
    """A stored lesson for the site, in place: code that folds, panels that live, words for pictures.

    saved: names of the panels' pages there are. A panel without one keeps its picture.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            folded = "hide-cell" if setup_cell.TAG in cell.metadata.get("tags", []) else "hide-input"
            cell.metadata.tags = [*cell.metadata.get("tags", []), folded]
            said = [output.get("metadata", {}).get("image/png", {}).get("alt") for output in cell.outputs]
            if any(said):
                cell.metadata["mystnb"] = {"image": {"alt": next(filter(None, said))}}
    for place, name in live.shown(notebook, stem):
        if name not in saved:
            continue
        for output in notebook.cells[place].outputs:
            said = live.SAID.match("".join(output.get("data", {}).get("text/plain", "")))
            if said:
                title = f"{said[1]} panel of lesson {names.short(stem)}, with its controls"
                output.data = nbformat.NotebookNode({"text/html": FRAME.format(
                    up="../", name=name, title=title)})
    return notebook


def write(folder, api):
    """Write all sources of the site into an empty folder. api: name -> text of the reference's pages."""
    saved = {path.name for path in (ROOT / "lessons" / live.FOLDER).glob("*.html")}
    lessons = sorted((ROOT / "lessons").glob("*.ipynb"))
    (folder / "lessons").mkdir(parents=True)
    (folder / "api").mkdir()
    shutil.copytree(ROOT / "lessons" / "pictures", folder / "lessons" / "pictures")
    for name in [*PAGES, *(f"lessons/{path.name}" for path in lessons), "index.md", "running.md"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()  # so that links know which pages there are
    for name in PAGES:
        text = (ROOT / name).read_text("utf-8")
        (folder / name).write_text(relative(text, name, name, folder), "utf-8")
    for path in lessons:
        name = f"lessons/{path.name}"
        notebook = lesson(nbformat.read(path, as_version=4), path.stem, saved)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = relative(cell.source, name, name, folder)
        nbformat.write(notebook, folder / name)
    for name, text in api.items():
        (folder / "api" / f"{name}.md").write_text(text, "utf-8")
    _put_together(folder, [path.stem for path in lessons], sorted(api), saved)


def _timed(text):
    """A map with what each of its lessons takes at scale quick."""
    known = costs.known()

    def row(match):
        took = costs.time(known.get(names.short(match[1]), {}).get("quick", {}))
        return f"{match.group().removesuffix('|')}<br>runs in {took} |"

    return re.sub(r"(?m)^\| [^|]*\((?:\w+/)*(\w+)\.ipynb\) \|.*\|$", row, text)


def _put_together(folder, stems, api, saved):
    def part(page, heading, to):
        return relative(section(page, heading), page, to, folder)

    readme = (ROOT / "README.md").read_text("utf-8")
    intro = readme.partition("\n## ")[0].partition("\n")[2].partition("![")[0].strip()
    panel = "03-prune.html"
    words = {
        "intro": relative(intro, "README.md", "index.md", folder),
        "panel": FRAME.format(up="", name=panel, title="prune panel, with its controls")
        if panel in saved else "",
        "map": _timed(part("lessons/start.md", "## The map", "index.md")),
        "lessons": "\n".join(f"lessons/{stem}" for stem in stems),
        "api": "\n".join(f"api/{name}" for name in api),
        "start": part("README.md", "## Start", "running.md"),
        "scales": part("README.md", "## The lessons", "running.md").partition("**Scales.**")[2].strip(),
        "colab": part("lessons/README.md", "## On Colab", "running.md"),
        "offline": part("README.md", "## In a class without a network", "running.md"),
    }
    for name in ("index.md", "running.md"):
        page = Template((HERE / name).read_text("utf-8")).substitute(words)
        (folder / name).write_text(page, "utf-8")
