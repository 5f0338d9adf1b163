"""The pages of the reference: a folder of the package each, what its door says and hands out.

The texts are the docstrings; Sphinx reads them. What a lesson uses is found in the lessons' own cells.
"""

import importlib
import inspect
import pkgutil
import re

import nbformat
import sources

import ticketlab

CALL = re.compile(r"\btl\.((?:\w+\.)*\w+)")


def folders():
    """The public folders and files of the package, by name."""
    return sorted(each.name for each in pkgutil.iter_modules(ticketlab.__path__)
                  if not each.name.startswith("_"))


def handed_out(module):
    """name -> object of what a door hands out and is written in this package."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [name for name, each in vars(module).items()
                 if not name.startswith("_") and getattr(each, "__module__", None) == module.__name__]
    found = {name: getattr(module, name) for name in sorted(names)}
    return {name: each for name, each in found.items()
            if (inspect.isclass(each) or inspect.isfunction(each))
            and str(each.__module__).startswith("ticketlab.")}


def uses():
    """object -> the lessons whose cells name it, as ``tl.…``."""
    found = {}
    for path in sorted((sources.ROOT / "lessons").glob("*.ipynb")):
        code = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells
                         if cell.cell_type == "code")
        for name in set(CALL.findall(code)):
            each = ticketlab
            for word in name.split("."):
                each = getattr(each, word, None)
            if inspect.isclass(each) or inspect.isfunction(each):
                found.setdefault(each, []).append(path.stem)
    return found


def pages():
    """name -> Markdown of each page of the reference."""
    used, texts = uses(), {}
    for name in folders():
        module = importlib.import_module(f"ticketlab.{name}")
        # a door lists its files in columns
        parts = [f"# ticketlab.{name}", f"```text\n{inspect.getdoc(module)}\n```"]
        for each, thing in handed_out(module).items():
            kind = "autoclass" if inspect.isclass(thing) else "autofunction"
            parts += [f"## {each}", _rst(f".. {kind}:: ticketlab.{name}.{each}"
                                         + ("\n   :members:" if kind == "autoclass" else ""))]
            if thing in used:
                links = ", ".join(f"[{stem.replace('_', ' ')}](../lessons/{stem}.ipynb)"
                                  for stem in used[thing])
                parts.append(f"Used in {links}.")
        texts[name] = "\n\n".join(parts) + "\n"
    return texts


def _rst(text):
    return f"```{{eval-rst}}\n{text}\n```"
