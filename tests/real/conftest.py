"""One real edge for all tests of the data plane."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.edge import Edge
from tests.real.plane import Plane, start_plane


@pytest.fixture(scope="session")
def started_plane() -> Iterator[Plane]:
    with tempfile.TemporaryDirectory(prefix="sluice-edge-") as folder:
        edge = Edge(Path(folder) / "edge")
        try:
            yield start_plane(edge)
        finally:
            edge.close()


@pytest.fixture
def plane(started_plane: Plane) -> Plane:
    """`echo` at 30 % / 70 %, and a decide service in good health."""
    started_plane.split(30_000)
    started_plane.edge.decide_delay, started_plane.edge.forced_outcome = 0.0, ""
    return started_plane
