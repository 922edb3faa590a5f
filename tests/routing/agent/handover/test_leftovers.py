"""Files of a hot restart whose Envoy has ended."""

import os
import subprocess
import sys

import pytest

from routing.agent.handover import leftovers
from routing.agent.handover.leftovers import remove_leftovers


@pytest.fixture
def edge(tmp_path, monkeypatch):
    (tmp_path / "shm").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(leftovers, "SHARED_MEMORY", f"{tmp_path}/shm/envoy_shared_memory_")
    return tmp_path


def test_they_are_removed_unless_an_envoy_runs_with_their_base_id(edge):
    alive = [sys.executable, "-c", "print(flush=True); input()", "--base-id", "12"]
    process = subprocess.Popen(alive, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    for name in ("restart_parent_120", "restart_child_121", "restart_parent_340", "restart_x"):
        (edge / name).touch()
    for base_id in (12, 34, 56):
        (edge / f"shm/envoy_shared_memory_{base_id * 10}").touch()
    remove_leftovers([process.pid, os.getpid(), 999_999])
    left = {path.name for path in edge.glob("restart_*")}
    assert left == {"restart_parent_120", "restart_child_121", "restart_x"}
    shared = {path.name for path in (edge / "shm").iterdir()}
    assert shared == {"envoy_shared_memory_120", "envoy_shared_memory_560"}, "56 is another edge's"
    process.communicate(b"\n")
    remove_leftovers([])
    assert {path.name for path in edge.glob("restart_*")} == {"restart_x"}
