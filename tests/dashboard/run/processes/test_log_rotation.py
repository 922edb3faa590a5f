"""Logs of the processes of `make run` stay within their bounds."""

import subprocess
import sys

import pytest

from dashboard.run.processes import log_rotation
from dashboard.run.processes.children import Child
from dashboard.run.processes.log_rotation import rotate
from tests.eventually import eventually


def test_a_log_within_its_bound_stays(tmp_path):
    log = tmp_path / "web.log"
    assert not rotate(log, most_bytes=4, files=2)
    log.write_text("1234")
    assert not rotate(log, most_bytes=4, files=2) and log.read_text() == "1234"


def test_older_content_moves_on_and_the_oldest_goes(tmp_path):
    log = tmp_path / "web.log"
    for text in ("first", "second", "third"):
        log.write_text(text)
        assert rotate(log, most_bytes=4, files=2)
    kept = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert kept == {"web.log": "", "web.log.1": "third", "web.log.2": "second"}
    assert (tmp_path / "web.log.1").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("files", [0, 2])
def test_a_full_disk_still_gets_its_room_back(tmp_path, monkeypatch, files):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_rotation.shutil, "copyfile", full)
    log = tmp_path / "web.log"
    log.write_text("12345")
    assert rotate(log, most_bytes=4, files=files)
    assert [file.name for file in tmp_path.iterdir()] == ["web.log"] and not log.read_text()


def test_a_process_that_never_stops_writing_goes_on_in_the_emptied_file(tmp_path):
    """With its uncaught errors: they come from the interpreter, not from a logger."""
    child = Child("web", "unused", {}, tmp_path / "web.log")
    program = (
        "import sys\nfor line in sys.stdin: print('x' * 99, flush=True)\nraise KeyError('last')"
    )
    child.command = [sys.executable, "-c", program]
    process = _started(child)
    for _ in range(20):
        process.stdin.write(b"\n" * 100)
        process.stdin.flush()
        assert eventually(lambda: child.log.stat().st_size == 10_000)
        child.keep_log_small(most_bytes=5_000, files=1)
        assert child.log.stat().st_size == 0
    process.stdin.close()
    process.wait(30)
    assert "KeyError: 'last'" in child.tail()
    assert {f.name for f in tmp_path.iterdir()} == {"web.log", "web.log.1"}


def _started(child):
    with child.log.open("ab") as output:
        return subprocess.Popen(child.command, stdin=subprocess.PIPE, stdout=output, stderr=output)
