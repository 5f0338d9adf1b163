"""What the README shows can be done."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_library_in_one_screen_runs_as_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it saves a panel
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    shown = {}
    for long, short in (("steps=1500", "steps=20"), ("levels=6", "levels=2"),
                        ('.save("prune.html")', '.save("prune.html", positions=2)')):
        assert long in code
        code = code.replace(long, short)
    exec(code, shown)  # noqa: S102 - our own text, shortened
    assert shown["ticket"].last("test_accuracy").shape == (5,)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_file_that_it_links_to_exists(target):
    assert (ROOT / target).is_file()


def test_every_room_is_named():
    """Each folder and each single file of the package has its line in "How it is built"."""
    package = ROOT / "ticketlab"
    files = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    rows = "".join(re.findall(r"^\| (`[^|]*) \|", README.partition("## How it is built")[2], re.M))
    assert files | folders == set(re.findall(r"`([\w./]+)`", rows))
