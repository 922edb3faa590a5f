"""One real edge for all tests of the data plane; an agent of its own for each test of the agent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.real.agent import Agent
from tests.real.control import ControlPlane
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
    """`echo` at 30% / 70%, and a decide service in good health."""
    started_plane.split(30_000)
    started_plane.edge.decide_delay, started_plane.edge.forced_outcome = 0.0, ""
    return started_plane


@pytest.fixture
def control() -> Iterator[ControlPlane]:
    control = ControlPlane().start()
    yield control
    control.stop()


@pytest.fixture
def agent(tmp_path: Path, control: ControlPlane) -> Iterator[Agent]:
    """Not started yet; whatever a test does, nothing is left of it."""
    agent = Agent(tmp_path, control)
    yield agent
    if agent.process is not None and agent.process.poll() is None:
        agent.stop()
    elif agent.was_killed:
        agent.end_leftovers()
    assert eventually(lambda: not agent.processes())
