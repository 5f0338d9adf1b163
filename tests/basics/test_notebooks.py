"""A setting that stops a notebook is said by every cell that is run, until it is cured."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from ticketlab.basics import notebooks


def test_outside_of_a_notebook_it_is_an_error_with_a_sentence():
    with pytest.raises(ValueError, match="^no such size$"):
        raise notebooks.stop("no such size", "SIZE", lambda: False)


def test_each_later_cell_says_it_until_it_is_cured(monkeypatch, capsys):
    shell, cured = InteractiveShell(), []
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    for _ in range(2):  # a cell that is run twice does not say it twice
        error = notebooks.stop("SIZE is 'larg'; it must be large", "SIZE", lambda: bool(cured))
    assert error._render_traceback_() == ["SIZE is 'larg'; it must be large"]
    found = shell.run_cell("print(undefined)")
    assert str(found.error_in_exec) == "SIZE is 'larg'; it must be large"
    assert "Traceback" not in capsys.readouterr().out
    assert shell.run_cell("SIZE = 'large'").success  # what may cure it is run
    cured.append(1)
    assert shell.run_cell("three = 3").success and shell.user_ns["three"] == 3
    assert not [each for each in shell.input_transformers_post if hasattr(each, "name")]
