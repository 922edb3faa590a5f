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


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk_full(monkeypatch):
    """No new block can be written; `free()` makes room."""
    real = os.fdopen

    class Full:
        def __init__(self, stream):
            self._stream = stream

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._stream.close()

        def write(self, content):
            raise FULL

    monkeypatch.setattr(edge_folder.os, "fdopen", lambda *given: Full(real(*given)))
    return lambda: monkeypatch.setattr(edge_folder.os, "fdopen", real)


def test_on_a_full_disk_a_file_is_overwritten_in_place_where_it_fits(edge, disk_full):
    edge_folder.enter(edge)
    with open("x", "wb") as stream:
        stream.write(b"a longer one")
    edge_folder.write_or_overwrite("x", b"two")
    with open("x", "rb") as stream:
        assert stream.read() == b"two"
    with pytest.raises(OSError, match="No space"):
        edge_folder.write_or_overwrite("x", b"y" * 100_000)
    with pytest.raises(OSError, match="No space"):
        edge_folder.write_or_overwrite("new", b"")
    assert sorted(name for name in os.listdir() if not os.path.isdir(name)) == ["agent.lock", "x"]
    disk_full()
    edge_folder.write_or_overwrite("x", b"y" * 100_000)
    assert os.stat("x").st_size == 100_000


def test_an_agent_starts_on_a_full_disk_although_it_cannot_note_its_id(edge, monkeypatch, caplog):
    edge_folder.enter(edge)
    os.close(edge_folder._lock)
    first = edge_folder.holder()
    assert first.process.pid == os.getpid()

    def full(*_):
        raise FULL

    monkeypatch.setattr(os, "pwrite", full)
    edge_folder.enter(edge)
    assert edge_folder.holder() == first
    assert "agent.lock cannot be written" in caplog.text
