"""One bar, whoever owns it; parts of a stack share it; and warnings point at who asked."""

import pytest
from tqdm.auto import tqdm

from ticketlab.basics import Interrupted, progress_bar, shared, skip, warn


class Bar:
    """What a caller may hand in as a bar."""

    def __init__(self):
        self.moves = []

    def update(self, steps=1):
        self.moves.append(steps)


def test_true_text_and_false_are_a_bar_a_named_bar_and_none(capsys):
    for progress, label in ((True, "training"), ("level 3", "level 3")):
        with progress_bar(progress, 7, "training", unit="unit") as bar:
            assert (bar.total, bar.desc, bar.unit, bar.disable) == (7, label, "unit", False)
        assert f"{label}:" in capsys.readouterr().err and bar.disable, "closed at the end"
    with progress_bar(False, 7, "training") as bar:
        bar.update(7)
    assert capsys.readouterr().err == ""


def test_a_bar_of_the_callers_is_handed_on_and_left_open():
    with tqdm(total=9) as own:
        with progress_bar(own, 7, "training") as bar:
            assert bar is own
        assert not own.disable and own.total == 9


def test_a_shared_bar_moves_when_all_networks_have_moved_on_average():
    """Five networks in parts of three and two, four steps each: the bar makes four."""
    part = shared(bar := Bar(), 5, 4)
    first, second = part(slice(0, 3)), part(slice(3, 5))
    for _ in range(4):
        first()
    assert sum(bar.moves) == 12 // 5
    for _ in range(4):
        second()
    assert sum(bar.moves) == 4 and all(move > 0 for move in bar.moves)


def test_what_a_failed_attempt_did_is_made_good_before_the_bar_moves_again():
    part = shared(bar := Bar(), 4, 4)
    failed = part(slice(0, 4))
    failed(), failed()
    assert bar.moves == [1, 1]
    step = part(slice(0, 2))
    step(), step(), step(), step()
    assert bar.moves == [1, 1], "eight net-steps of sixteen: two of four steps, which are shown"
    step = part(slice(2, 4))
    step(), step(), step(), step()
    assert sum(bar.moves) == 4


def test_a_warning_points_at_the_line_outside_the_package_that_asked():
    with pytest.warns(UserWarning, match="^look here$") as caught:
        warn("look here")
    assert caught[0].filename == __file__
    inside = {"__name__": "ticketlab.training.anything", "warn": warn}
    exec("def deep(n):\n    return warn('deep') if n == 0 else deep(n - 1)", inside)  # noqa: S102
    with pytest.warns(UserWarning, match="^deep$") as caught:
        inside["deep"](3)
    assert caught[0].filename == __file__


def test_an_interruption_says_once_what_is_kept_and_what_to_do():
    with pytest.raises(Interrupted, match=r"^Stopped: search\. What .*keep=.*run this cell again") as caught:
        with progress_bar(False, 3, "search") as bar, progress_bar(bar, 3, "training within it"):
            raise KeyboardInterrupt
    assert isinstance(caught.value, KeyboardInterrupt)
    with pytest.raises(Interrupted, match="^Stopped: inner"):
        with progress_bar(False, 3, "outer"), progress_bar(False, 3, "inner"):
            raise KeyboardInterrupt


def test_a_notebook_shows_the_sentence_and_no_traceback(capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_cell("from ticketlab.basics import progress_bar\n"
                   "with progress_bar(False, 3, 'training'):\n    raise KeyboardInterrupt")
    shown = capsys.readouterr().out
    assert shown.startswith("Stopped: training.") and "Traceback" not in shown


def test_an_error_passes_through_a_bar_as_it_is():
    with pytest.raises(KeyError, match="x"), progress_bar(False, 3, "training"):
        raise KeyError("x")


def test_steps_found_done_do_not_count_for_the_rate():
    """After a resume the time left was that of steps which had cost nothing."""
    with tqdm(total=100, disable=False) as bar:
        skip(bar, 90)
        assert (bar.n, bar.initial) == (90, 90)
        bar.update(5)
        assert bar.n - bar.initial == 5
    own = Bar()
    skip(own, 3)
    assert own.moves == [3]


def test_a_bar_in_percent_shows_the_time_left_and_no_seconds_a_percent(capsys):
    """As slow as lesson 06's: 3.88 seconds a percent."""
    with progress_bar(True, 100, "six nets", unit="%") as bar:
        bar.start_t -= 38.8
        bar.update(10)
        bar.set_postfix_str("loss 0.1")
    shown = capsys.readouterr().err
    assert "six nets:  10%" in shown and "10/100 [00:38<05:4" in shown and ", loss 0.1]" in shown
    assert "s/%" not in shown and "%/s" not in shown


def test_a_bar_in_a_notebook_is_text_that_is_renewed_in_place(monkeypatch):
    """A widget would be gone once the notebook is opened again: "Error displaying widget"."""
    import types

    shown = []
    publisher = types.SimpleNamespace(publish=lambda data, transient, update: shown.append(
        (data, transient["display_id"], update)))
    shell = types.SimpleNamespace(kernel=object(), display_pub=publisher)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    with progress_bar(True, 4, "search", unit="level") as bar:
        bar.update(4)
    assert [update for *_, update in shown] == [False] + [True] * (len(shown) - 1)
    assert len(shown) >= 2 and len({name for _, name, _ in shown}) == 1
    first, last = shown[0][0], shown[-1][0]
    assert first == {"text/plain": "search:   0%|          | 0/4 [00:00<?, ?level/s]"}
    assert last["text/plain"].startswith("search: 100%|██████████| 4/4 [00:00<00:00, ")
    shown.clear()
    with progress_bar(False, 4, "search") as bar:
        bar.update(4)
    assert shown == []
