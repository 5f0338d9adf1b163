"""The contract of doors, for import-linter: from outside, a folder is entered by its door only.

A door is a folder's ``__init__``. What it hands out stands in its ``__all__``; a module that stands
there may be imported from outside, every other file of the folder only from inside.
"""

import ast
from importlib.util import find_spec
from pathlib import Path

from importlinter import Contract, ContractCheck, fields, output


class Doors(Contract):
    """Fails for each import of ``FOLDER.FILE`` by a module outside of FOLDER, unless the door of
    FOLDER names FILE in its ``__all__``. Option: ``package``, the root whose folders have doors."""

    package = fields.StringField()

    def check(self, graph, verbose):
        broken = sorted(
            (importer, imported)
            for importer in graph.modules if _within(importer, self.package)
            for imported in graph.find_modules_directly_imported_by(importer)
            if _within(imported, self.package) and importer != self.package
            and self._past_the_door(importer, imported))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _past_the_door(self, importer: str, imported: str) -> bool:
        """Whether some folder on the way to ``imported`` has ``importer`` outside and is not
        entered by its door."""
        parts = imported.split(".")
        for length in range(2, len(parts)):
            folder = ".".join(parts[:length])
            if not _within(importer, folder):
                return parts[length] not in _handed_out(folder) or length + 1 < len(parts)
        return False

    def render_broken_contract(self, check):
        for importer, imported in check.metadata["broken"]:
            folder = imported.rpartition(".")[0]
            output.print_error(f"{importer} imports {imported}: go through the door, {folder}, and "
                               "let its __all__ hand out what you need")
            output.new_line()


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _handed_out(folder: str) -> set[str]:
    root, *parts = folder.split(".")  # of the root alone: to find another, Python would run its door
    door = Path(find_spec(root).submodule_search_locations[0], *parts, "__init__.py")
    for node in ast.parse(door.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return set(ast.literal_eval(node.value))
    return set()
