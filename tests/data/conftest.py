"""What the tests of the data sets share: folders of their own, and nothing of the user's."""

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Each test has a user cache folder of its own, and no TICKETLAB_DATA."""
    monkeypatch.delenv("TICKETLAB_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def seeded(tmp_path, monkeypatch):
    """The folder that TICKETLAB_DATA names, empty."""
    folder = tmp_path / "seeded"
    folder.mkdir()
    monkeypatch.setenv("TICKETLAB_DATA", str(folder))
    return folder
