"""What an earlier agent left on disk and in memory, with real processes."""

import asyncio
import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from routing.agent.adoption import sockets
from routing.agent.adoption.inheritance import inherit
from routing.agent.base import child_process, process_notes
from routing.process_identity import ProcessIdentity, identify
from tests.routing.agent.adoption.test_inherited import note, version_note


@pytest.fixture
def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("pids", "v", "log"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def sleeper():
    started = []

    def start(**options):
        process = subprocess.Popen(["sleep", "60"], **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def noted(process, **fields):
    identity = identify(process.pid)
    found = note(process.pid, started=identity.started, **fields)
    process_notes.write(found)
    return found


def test_processes_are_sorted_and_strangers_are_left_alone(edge, sleeper):
    serving, half, stranger = sleeper(), sleeper(), sleeper()
    kept = noted(serving, version="a")
    noted(half, version="b", ready=False)
    process_notes.write(note(stranger.pid, version="c", started="its id was used again"))
    process_notes.write(note(999_999, version="d"))
    for odd in ("notes.txt", ".swp", "²"):
        (edge / "pids" / odd).write_bytes(b"\xff")
    (edge / "pids" / "12").mkdir()
    (edge / "pids" / "999998").write_bytes(b'{"pid": 999998, "started": "\xff"}')
    assert inherit().versions == (kept,)
    assert half.wait(1) == -9 and stranger.poll() is serving.poll() is None
    left = sorted(os.listdir("pids"))
    assert left == sorted([".swp", "12", "notes.txt", "²", str(serving.pid)])


def test_a_process_that_was_started_but_not_noted_is_found(edge, sleeper):
    unnoted = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)", "serve", "--control-fd=5"], cwd=edge
    )
    shell = sleeper(cwd=edge)
    inherit()
    assert unnoted.wait(2) == -9 and shell.poll() is None


def test_stale_sockets_and_half_written_files_go_and_those_in_use_stay(edge, sleeper):
    process = sleeper()
    found = noted(process, version="a")
    about = version_note("a")
    process_notes.write(
        process_notes.Note(
            process=found.process,
            output="log/x",
            ready=True,
            version=process_notes.VersionNote(
                **{f: getattr(about, f) for f in about.__struct_fields__}
                | {"listeners": {"http": 5}}
            ),
        )
    )
    for name in ("v/a.http.sock", "v/b.http.sock", "v/a.http.sock.new", "admin.sock", "x.json.tmp"):
        Path(name).touch()
    (edge / "old.tmp").mkdir()
    inherit()
    assert sorted(os.listdir("v")) == ["a.http.sock"]
    assert not Path("admin.sock").exists() and not Path("x.json.tmp").exists()


async def test_an_adopted_process_is_signalled_and_its_end_is_seen(edge, sleeper):
    process = sleeper()
    found = noted(process, version="a")
    child = child_process.Child(found)
    assert child.is_adopted and child in child_process.running()
    stopping = asyncio.create_task(child.stop(5))
    await asyncio.sleep(0)
    process.wait()
    await stopping
    assert child.ended.result() is None, "its exit code is nobody else's"
    assert not list(process_notes.read_all()) and child not in child_process.running()


async def test_a_note_for_which_there_was_no_room_is_written_later(edge, sleeper, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    child = child_process.Child(noted(sleeper(), version="a", ready=False))
    with monkeypatch.context() as patched:
        patched.setattr(process_notes.edge_folder, "write_or_overwrite", full)
        child.describe(ready=True)
    assert [one.ready for one in process_notes.read_all()] == [False]
    monkeypatch.setattr(child_process, "_NOTES_SECONDS", 0.01)
    writing = asyncio.create_task(child_process.write_missing_notes())
    async with asyncio.timeout(30):
        while [one.ready for one in process_notes.read_all()] != [True]:
            await asyncio.sleep(0.01)
    writing.cancel()


async def test_an_id_that_was_used_again_is_not_adopted(edge, sleeper):
    process = sleeper()
    with pytest.raises(ProcessLookupError):
        child_process.Child(note(process.pid, version="a", started="earlier"))
    assert process.poll() is None


async def test_a_listening_socket_is_taken_back_from_a_process(edge):
    code = "import os,socket,sys,time; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); "
    code += "s.listen(); print(os.fstat(s.fileno()).st_ino, flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, "x.sock"], stdout=subprocess.PIPE)
    inode = int(holder.stdout.readline())
    pidfd = os.pidfd_open(holder.pid)
    taken = sockets.take_back(holder.pid, pidfd, {"http": inode})
    assert sockets.take_back(holder.pid, pidfd, {"http": inode, "ep:x": 1}) == {}, "all or none"
    holder.kill()
    holder.communicate()
    os.close(pidfd)
    if not taken:
        pytest.skip("this machine does not allow pidfd_getfd")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("x.sock")  # waits for the next process
        taken["http"].accept()[0].close()
    taken["http"].close()


def test_identities():
    me = identify(os.getpid())
    assert me.is_running() and not ProcessIdentity(os.getpid(), "").is_running()
    assert identify(0) is None
