"""The site that is built from the stored lessons: whole, without a broken link, readable by everyone.

It is built once for all of these tests. Without Sphinx or a browser they are skipped with the reason.
"""

import functools
import http.server
import importlib
import importlib.util
import re
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import yaml

from tests.browser import browser

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.stem for path in (ROOT / "lessons").glob("*.ipynb"))
MEGABYTE = 1_000_000
pytestmark = pytest.mark.skipif(importlib.util.find_spec("myst_nb") is None,
                                reason="the site needs Sphinx and myst-nb: pip install -e '.[site]'")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make site` builds it; a warning of Sphinx's would fail here."""
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run([sys.executable, ROOT / "tools" / "site" / "build.py", folder], text=True,
                          capture_output=True)
    assert not done.returncode, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def address(site):
    """Where a server shows the site."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def end_headers(self):
            self.send_header("LinkChecker", "welcome")  # which else asks no more than 3 times a second
            super().end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture
def tools(monkeypatch):
    """Gives a module of tools/, which are scripts that find one another."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module


class Page(HTMLParser):
    """What a page holds: pictures, frames, addresses it loads, links, ids and words."""

    def __init__(self, text):
        super().__init__()
        self.images, self.frames, self.loaded, self.words = [], [], [], []
        self.ids, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self.ids.add(said.get("id"))
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        if tag == "img":
            self.images.append(said)
        if tag == "iframe":
            self.frames.append(said)
        if tag in ("script", "img", "iframe") and said.get("src"):
            self.loaded.append(said["src"])
        if tag == "link" and said.get("rel") == "stylesheet":
            self.loaded.append(said["href"])

    def handle_data(self, data):
        self.words.append(data)


def pages(site):
    return [path for path in sorted(site.rglob("*.html")) if "live" not in path.parts]


@functools.cache
def page(path):
    return Page(path.read_text("utf-8"))


def test_every_page_of_the_course_is_there(site):
    for name in ("index", "running", "CONTRIBUTING", "CHANGELOG", "search", "lessons/start", "lessons/README",
                 "lessons/glossary", *(f"lessons/{stem}" for stem in LESSONS)):
        assert (site / f"{name}.html").is_file(), name
    folders = {path.name for path in (ROOT / "ticketlab").iterdir() if (path / "__init__.py").is_file()}
    assert folders <= {path.stem for path in (site / "api").glob("*.html")}


def test_the_start_page_says_how_long_each_lesson_runs(site, tools):
    words = " ".join("".join(page(site / "index.html").words).split())
    for stem in LESSONS:
        took = tools("costs").time(tools("costs").known()[tools("names").short(stem)]["quick"])
        assert re.search(rf"{tools('names').short(stem)[:2]}.{{0,200}}?runs in {took}", words, re.IGNORECASE), stem


def test_no_link_is_broken(address, tmp_path):
    """LinkChecker reads every page and asks for everything that one links; addresses outside it leaves."""
    quick = tmp_path / "linkchecker.ini"
    quick.write_text("[checking]\nmaxrequestspersecond=1000\n")
    done = subprocess.run([Path(sys.executable).with_name("linkchecker"), "--no-status", "-f", quick,
                           f"{address}/index.html"], text=True, capture_output=True)
    assert not done.returncode, done.stdout[-5000:] + done.stderr[-2000:]
    checked = re.search(r"(\d+) links in", done.stdout)
    assert checked and int(checked[1]) > 80


def test_no_anchor_is_broken(site):
    """LinkChecker would load a page anew for each of its anchors: minutes."""
    found, broken = {path: page(path) for path in pages(site)}, []
    for path, own in found.items():
        for link in own.links:
            name, _, anchor = link.partition("#")
            aim = (path.parent / name).resolve() if name else path
            if anchor and not re.match(r"[a-z]+:", link) and anchor not in found[aim].ids:
                broken.append((path.name, link))
    assert not broken
    assert sum("#" in link for own in found.values() for link in own.links) > 100


def test_every_lesson_is_reached_from_the_lesson_before_and_after(site):
    for before, after in zip(LESSONS, LESSONS[1:], strict=False):
        assert f'href="{after}.html"' in (site / f"lessons/{before}.html").read_text("utf-8")
        assert f'href="{before}.html"' in (site / f"lessons/{after}.html").read_text("utf-8")


def test_a_page_is_small(site):
    """Text, pictures, and the panels in it: what a phone loads."""
    for path in pages(site):
        files = {path, *((path.parent / each.partition("?")[0]).resolve() for each in page(path).loaded)}
        size = sum(file.stat().st_size for file in files)
        assert size < 3 * MEGABYTE, f"{path.relative_to(site)}: {size:,} bytes"


def test_a_page_loads_nothing_from_elsewhere(site):
    for path in pages(site):
        assert not [each for each in page(path).loaded if re.match(r"(https?:)?//", each)], path.name


def test_every_picture_says_what_it_shows(site):
    for path in pages(site):
        for image in page(path).images:
            words = image.get("alt", "")
            assert len(words) > 10 and not re.search(r"\.png$|^_images|^\.\./", words), (path.name, image)


@pytest.mark.parametrize("stem", LESSONS)
def test_code_folds_and_only_the_setup_cell_is_closed(site, stem):
    text = (site / f"lessons/{stem}.html").read_text("utf-8")
    codes = sum(cell.cell_type == "code" for cell in
                nbformat.read(ROOT / "lessons" / f"{stem}.ipynb", as_version=4).cells)
    folds = re.findall(r'<details class="admonition hide[^>]*>', text)
    assert len(folds) == codes and sum(" open" not in each for each in folds) == 1


def test_each_panel_of_a_lesson_is_alive_on_its_page(site, tools):
    """A frame in place of the picture, and the page that it shows, in today's style."""
    for path in sorted((ROOT / "lessons" / "live").glob("*.html")):
        lesson = next(stem for stem in LESSONS if stem.startswith(path.name.partition("-")[0]))
        frames = {frame["src"]: frame for frame in page(site / f"lessons/{lesson}.html").frames}
        assert f"../_static/live/{path.name}" in frames, f"{path.name} is shown by no cell of {lesson}"
        assert frames[f"../_static/live/{path.name}"]["title"]
        shown = (site / "_static" / "live" / path.name).read_text("utf-8")
        assert shown == tools("live").today(path.read_text("utf-8"))


def test_every_panel_that_a_lesson_stores_has_a_page_of_its_own(tools):
    """`make lessons` writes them; each is under a megabyte and a half."""
    wanted = {name for stem in LESSONS for _, name in tools("live").shown(
        nbformat.read(ROOT / "lessons" / f"{stem}.ipynb", as_version=4), stem)}
    there = {path.name: path.stat().st_size for path in (ROOT / "lessons" / "live").glob("*.html")}
    assert wanted == set(there) and len(wanted) >= 5
    assert all(size < 1.5 * MEGABYTE for size in there.values())


def test_the_reference_says_which_lesson_uses_what(site):
    pruning, text = site / "api" / "pruning.html", (site / "api" / "pruning.html").read_text("utf-8")
    assert pruning.is_file() and re.search(
        r'id="prune".*?Used in <a[^>]*href="\.\./lessons/03_one_shot_pruning\.html"', text, re.DOTALL)
    assert "density" in " ".join(page(pruning).words)


def test_the_prune_slider_moves_on_the_start_page(address, chromium):
    """A learner drags it before installing anything."""
    sheet = chromium.new_page(viewport={"width": 1280, "height": 900})
    sheet.goto(f"{address}/index.html")
    frame = sheet.frame_locator("iframe.panel")
    frame.locator("body[data-ready]").wait_for()
    before = frame.locator("#numbers").inner_text()
    frame.get_by_role("slider").first.press("ArrowLeft")
    assert frame.locator("#numbers").inner_text() != before
    height = sheet.locator("iframe.panel").bounding_box()["height"]
    assert abs(height - frame.locator("main").bounding_box()["height"]) < 12, "the frame does not fit its panel"
    sheet.close()


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("name", ["index", "lessons/03_one_shot_pruning", "lessons/glossary", "api/pruning"])
def test_nothing_is_wider_than_the_window(address, chromium, name, width):
    sheet = chromium.new_page(viewport={"width": width, "height": 800})
    sheet.goto(f"{address}/{name}.html")
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    sheet.close()


def test_pages_read_without_javascript(address, chromium):
    sheet = chromium.new_context(java_script_enabled=False).new_page()
    sheet.goto(f"{address}/lessons/03_one_shot_pruning.html")
    assert sheet.get_by_role("heading", name="Verdict").is_visible() and sheet.locator("table").last.is_visible()
    assert sheet.locator(".cell_input pre").nth(1).is_visible(), "code is hidden without JavaScript"
    sheet.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "lessons/04_iterative_pruning.html", "_static/live/03-prune.html"])
def test_axe_finds_no_serious_fault(address, chromium, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    sheet = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    sheet.goto(f"{address}/{name}")
    sheet.wait_for_load_state("networkidle")
    found = [(each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]])
             for each in axe.Axe().run(sheet).response["violations"] if each["impact"] in ("serious", "critical")]
    sheet.close()
    assert not found


# ---- the workflows that publish and test ---------------------------------------------------------


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))


def test_the_workflows_test_the_systems_and_pythons_that_are_promised():
    jobs = workflow("tests.yml")["jobs"]
    matrix = jobs["tests"]["strategy"]["matrix"]
    assert {each.partition("-")[0] for each in matrix["os"]} == {"ubuntu", "macos", "windows"}
    promised = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))[1]
    assert matrix["python"][0] == promised and len(matrix["python"]) == 2
    commands = " ".join(step.get("run", "") for step in jobs["tests"]["steps"])
    assert "--nbval --nbval-sanitize-with tests/nbval.cfg lessons tests" in commands
    assert any(step.get("run") == "make test-lowest" for step in jobs["lowest"]["steps"])


def test_the_workflow_of_the_site_builds_as_make_does_and_publishes_what_it_built():
    jobs = workflow("site.yml")["jobs"]
    steps = jobs["build"]["steps"]
    assert {"run": "make site"} in steps
    assert next(step for step in steps if "upload-pages" in step.get("uses", ""))["with"] == {"path": "site"}
    assert any("deploy-pages" in step.get("uses", "") for step in jobs["deploy"]["steps"])
    assert jobs["deploy"]["needs"] == "build" and workflow("site.yml")["permissions"]["pages"] == "write"
