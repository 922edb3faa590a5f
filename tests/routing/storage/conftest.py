"""Folders of real versions beside a state process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from routing.home import HOME


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current one. Its name is short: sockets' paths have a limit."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as made:
        monkeypatch.setenv("PYTHONPATH", str(HOME))
        monkeypatch.chdir(made)
        for name in ("log", "v", "state"):
            (Path(made) / name).mkdir()
        yield Path(made)
