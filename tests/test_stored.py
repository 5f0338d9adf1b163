"""What `make lab` leaves out of the notebooks it saves, and what it keeps."""

import copy

import pytest

from tools import stored

VIEW = {"model_id": "1", "version_major": 2, "version_minor": 0}
METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python", "version": "3.12.1", "nbconvert_exporter": "python"},
            "widgets": {"state": {}}}


def notebook(*bundles):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": dict(each)} for each in bundles]
    stream = {"output_type": "stream", "name": "stdout", "text": "3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": copy.deepcopy(METADATA),
            "cells": [{"cell_type": "markdown", "source": "a"},
                      {"cell_type": "code", "source": "b", "outputs": [*outputs, stream]}]}


def test_widget_views_and_versions_go_and_pictures_stay():
    found = notebook({stored.WIDGET_VIEW: VIEW, "image/png": "abc", "text/plain": "panel"}, {"text/plain": "bar"})
    stored.mend(found)
    picture, bar, stream = found["cells"][1]["outputs"]
    assert picture["data"] == {"image/png": "abc", "text/plain": "panel"}
    assert bar["data"] == {"text/plain": "bar"} and stream["text"] == "3"
    assert found["metadata"] == {"kernelspec": stored.KERNEL, "language_info": stored.LANGUAGE}


def test_a_notebook_of_another_kernel_keeps_its_kernel_and_language():
    found = notebook()
    found["metadata"]["kernelspec"]["name"] = "ir"
    stored.mend(found)
    assert found["metadata"]["kernelspec"]["name"] == "ir"
    assert found["metadata"]["language_info"] == METADATA["language_info"]


@pytest.mark.parametrize("text, finished", [
    ("search:   0%|          | 0/14 [00:00<?, ?step/s]", "search: 100%|██████████| 14/14"),
    ("search: 100%|██████████| 14/14 [00:03<00:00, 4.1step/s, loss 0.4]", "search: 100%|██████████| 14/14"),
    (" 43%|████▎     | 43.0/100 [00:01<00:01]", "100%|██████████| 100/100"),
    ("search: 100%|██████████| 14/14", "search: 100%|██████████| 14/14"), ("panel: 3 of 4", "panel: 3 of 4"),
])  # fmt: skip
def test_a_stored_bar_has_ended_and_tells_no_times(text, finished):
    assert stored.finish_bar(text) == finished
