"""One real edge for a file of tests; each test deploys what it needs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.edge import Edge


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    """Not started: the file's own fixture runs its Workers first, then starts it."""
    with tempfile.TemporaryDirectory(prefix="sluice-edge-") as folder:
        made = Edge(Path(folder) / "edge")
        try:
            yield made
        finally:
            made.close()
