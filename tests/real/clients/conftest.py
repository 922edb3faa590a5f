"""One control plane, with the real runtime, for all files of this folder, which one test worker
runs (tests/conftest.py). No two files have a Worker of the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.real.control_plane import ControlPlane, control_plane


@pytest.fixture(scope="package")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane(tmp_path_factory.mktemp("plane")) as made:
        yield made
        assert made.proxied == [], "wrangler asked another machine"


def versions_of(plane, worker):
    """Ids, oldest first."""
    answer = plane.api("GET", f"/workers/scripts/{worker}/versions?deployable=true").json()
    return [item["id"] for item in reversed(answer["result"]["items"])]


def live(plane, worker):
    answer = plane.api("GET", f"/workers/scripts/{worker}/deployments").json()
    newest = answer["result"]["deployments"][0]
    return {share["version_id"]: share["percentage"] for share in newest["versions"]}


def printed(pattern, said):
    found = re.search(pattern, said)
    assert found, said
    return found[1]
