"""The edge's folder."""

import errno
import os
import subprocess
import sys

import pytest

from routing.agent.base import edge_folder


@pytest.fixture
def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # restores the working directory afterwards
    yield tmp_path / "edge"
    if edge_folder._lock is not None:
        os.close(edge_folder._lock)
        edge_folder._lock = None


def test_it_is_ours_alone(edge):
    edge_folder.enter(edge)
    assert edge.stat().st_mode & 0o7 == 0
    assert {"log", "modules", "pids", "v", "xds"} <= set(os.listdir())


def test_a_second_agent_is_refused_and_says_who_was_first(edge):
    edge_folder.enter(edge)
    code = (
        "from routing.agent.base import edge_folder; "
        f"edge_folder.enter(edge_folder.Path({str(edge)!r}))"
    )
    second = subprocess.run(
        [sys.executable, "-c", code],
        cwd=edge_folder.__file__.split("/routing/")[0],
        capture_output=True,
    )
    assert f"another agent runs here (pid {os.getpid()})" in second.stderr.decode()


def test_a_file_is_replaced_or_untouched(edge, monkeypatch):
    edge_folder.enter(edge)
    edge_folder.write("x", b"one", durable=True)
    assert oct(os.stat("x").st_mode & 0o777) == "0o600"

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        edge_folder.write("x", b"two", durable=True)
    with open("x") as kept:
        assert kept.read() == "one"
    assert not os.path.exists("x.tmp")
