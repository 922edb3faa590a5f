"""The edge's folder, and what a killed predecessor left in it."""

import errno
import os
import subprocess
import sys
import time

import pytest

from routing.agent import folder


@pytest.fixture
def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # restores the working directory afterwards
    yield tmp_path / "edge"
    if folder._lock is not None:
        os.close(folder._lock)
        folder._lock = None


def test_it_is_ours_alone(edge):
    folder.enter(edge)
    assert edge.stat().st_mode & 0o7 == 0
    assert {"log", "modules", "pids", "v", "xds"} <= set(os.listdir())


def test_a_second_agent_is_refused_and_says_who_was_first(edge):
    folder.enter(edge)
    code = f"from routing.agent import folder; folder.enter(folder.Path({str(edge)!r}))"
    second = subprocess.run(
        [sys.executable, "-c", code], cwd=folder.__file__.split("/routing/")[0], capture_output=True
    )
    assert f"another agent runs here (pid {os.getpid()})" in second.stderr.decode()


def test_leftover_processes_are_killed_and_strangers_are_not(edge):
    (edge / "pids").mkdir(parents=True)
    left, stranger = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    os.chdir(edge)
    folder.remember(left.pid)
    (edge / "pids" / str(stranger.pid)).write_text("12345")  # its pid was used again
    (edge / "pids" / "999999").write_text("1")
    for odd in ("notes.txt", ".swp", "²"):
        (edge / "pids" / odd).write_bytes(b"\xff")
    (edge / "pids" / "12").mkdir()
    (edge / "old.tmp").mkdir()
    began = time.monotonic()
    folder.enter(edge)
    assert left.wait(1) == -9
    assert stranger.poll() is None
    assert time.monotonic() - began < 3
    assert sorted(os.listdir("pids")) == [".swp", "12", "notes.txt", "²"]
    stranger.kill()
    stranger.wait()


def test_stale_sockets_and_half_written_files_go(edge):
    folder.enter(edge)
    for name in ("admin.sock", "v/x.http.sock", "snapshot.json.tmp", "modules/abc.tmp"):
        open(name, "w").close()
    os.close(folder._lock)
    folder.enter(edge)
    assert not [f for f in os.listdir() + os.listdir("v") if "sock" in f or "tmp" in f]
    assert os.listdir("modules") == []


def test_a_file_is_replaced_or_untouched(edge, monkeypatch):
    folder.enter(edge)
    folder.write("x", b"one", durable=True)
    assert oct(os.stat("x").st_mode & 0o777) == "0o600"

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write("x", b"two", durable=True)
    with open("x") as kept:
        assert kept.read() == "one"
    assert not os.path.exists("x.tmp")
