"""Build the site into site/: `make site`, or `python tools/site/build.py [folder]`.

Sphinx and its theme do the work; sources.py says of what. A warning is an error: a broken link, an
unknown page. The old site stays until the new one is whole.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import api  # noqa: E402
import sources  # noqa: E402

MENDED = (
    # Sphinx closes what folds; a lesson's code is to be read, but for the setup cell.
    (re.compile(r'<details class="(admonition hide above-input)">'
                r"(?=\s*<summary[^>]*>\s*<p[^>]*>Show code cell source)"),
     r'<details class="\1" open>'),
    # a table of verdicts has no head of its own: on paper it is repeated on each page
    (re.compile(r"<table><tr>((?:<th\b[^>]*>.*?</th>)+)</tr>(.*?)</table>", re.DOTALL),
     r"<table><thead><tr>\1</tr></thead><tbody>\2</tbody></table>"),
    # the side bar's captions are headings of no level, which a screen reader cannot place
    (re.compile(r'class="caption" role="heading"'), 'class="caption" role="heading" aria-level="2"'),
)


def build(target):
    """Build into the folder ``target``; raises CalledProcessError where Sphinx has a warning."""
    with tempfile.TemporaryDirectory(prefix="ticketlab-site-") as work:
        source, made = Path(work, "source"), Path(work, "site")
        source.mkdir()
        sources.write(source, api.pages())
        sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
        subprocess.run([*sphinx, "-c", HERE, source, made], check=True)
        for page in made.rglob("*.html"):
            _mend(page)
        panels = made / "_static" / "live"
        panels.mkdir(parents=True)
        for page in (sources.ROOT / "lessons" / sources.live.FOLDER).glob("*.html"):
            (panels / page.name).write_text(sources.live.today(page.read_text("utf-8")), "utf-8")
        for left in (".buildinfo", ".doctrees", "_sources", "objects.inv"):
            path = made / left
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        (made / ".nojekyll").touch()  # or GitHub Pages would hide _static
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(made, target)


def _mend(page):
    text = page.read_text("utf-8")
    for before, after in MENDED:
        text = before.sub(after, text)
    page.write_text(text, "utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Build the site of the course; nothing is executed.")
    parser.add_argument("folder", nargs="?", default=sources.ROOT / "site", type=Path)
    target = parser.parse_args(arguments).folder
    began = time.perf_counter()
    try:
        build(target)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"Sphinx stopped with code {error.returncode}; its warnings stand above. "
                         f"{target} is as it was.") from error
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{target / 'index.html'} … {time.perf_counter() - began:.0f} s, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
