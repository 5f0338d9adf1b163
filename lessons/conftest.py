"""Lesson 10 is skipped, with the reason, where its language model is not on this machine."""

import pytest

NEEDS_THE_MODEL = "10_language_model.ipynb"


def pytest_collection_modifyitems(items):
    own = [item for item in items if item.path.name == NEEDS_THE_MODEL]
    if own:
        from ticketlab.language import find

        if find() is None:
            reason = ("SmolLM2-135M is neither in the folder that TICKETLAB_DATA names nor in the cache: "
                      "python tools/fetch_model.py downloads it (93 MB)")
            for item in own:
                item.add_marker(pytest.mark.skip(reason=reason))
