"""The list of `make mutants` follows the code: what it would change is there, and so are its tests.

Running it takes minutes; that a change of the code has left a mutant behind is found here.
"""

import ast
from pathlib import Path

import pytest

from tools.mutants import MUTANTS, ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_one_place_and_names_a_test(mutant):
    text = (ROOT / "ticketlab" / mutant.file).read_text("utf-8")
    assert text.count(mutant.old) == 1, f"write it anew in tools/mutants: {mutant.old!r}"
    changed = text.replace(mutant.old, mutant.new)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
    path, _, name = mutant.id.partition("::")
    assert f"\ndef {name}(" in Path(ROOT, path).read_text("utf-8"), f"there is no {mutant.id}"


def test_no_two_mutants_are_called_the_same():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
