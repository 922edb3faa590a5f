"""What a killed run leaves in its data folder, and how the next one reads it."""

import json
import os
import subprocess
import sys

import pytest

from dashboard.fleet import health
from dashboard.run import supervisor
from dashboard.run.processes import leftovers, run_file
from dashboard.run.processes.children import Child
from dashboard.run.processes.process_file import ProcessFile
from routing.process_identity import ProcessIdentity, identify


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(run_file, "RUN_JSON", tmp_path / "run.json")
    monkeypatch.setattr(ProcessFile.__init__, "__defaults__", (tmp_path / "processes.json",))
    monkeypatch.setattr(health, "PROCESS_FILE", tmp_path / "processes.json")
    monkeypatch.setattr(leftovers, "EDGE_FOLDER", tmp_path / "edge")
    return tmp_path


@pytest.fixture
def another():
    """A process that can stand for a run."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def child(name, folder):
    made = Child(name, "x", {}, folder / "x.log")
    made.command = [sys.executable, "-c", "import time; time.sleep(60)"]
    made.start()
    return made


def run_json_of(identity, folder):
    content = {"pid": identity.pid, "started": identity.started, "ready_at": 1.0}
    (folder / "run.json").write_text(json.dumps(content))


def test_the_file_of_a_killed_run_reads_as_no_run(data_folder, another):
    run_file.write({"edge": "http://localhost:1"})
    assert run_file.read().process.pid == os.getpid()
    identity = identify(another.pid)
    run_json_of(identity, data_folder)
    assert run_file.read().process == identity
    run_json_of(ProcessIdentity(another.pid, "earlier"), data_folder)
    assert run_file.read() is None, "its id belongs to another process by now"
    run_json_of(identity, data_folder)
    another.kill()
    another.wait()
    assert run_file.read() is None


def test_of_a_killed_run_all_but_the_edge_ends(data_folder):
    web, edge = child("web", data_folder), child("edge", data_folder)
    ProcessFile(data_folder / "processes.json").write([web, edge])
    noted = ProcessFile(data_folder / "processes.json").read()
    assert noted.children == {"web": web.identity, "edge": edge.identity}
    leftovers.end_control_plane()
    assert not web.identity.is_running() and edge.identity.is_running()
    assert leftovers.end([edge.identity], 5) == 1
    for made in (web, edge):
        made.process.wait()


def test_after_a_restart_the_state_server_serves_until_the_next_takes_over(data_folder, another):
    state, web = child("state", data_folder), child("web", data_folder)
    file = ProcessFile(data_folder / "processes.json")
    file.write([state, web])
    leftovers.end_control_plane()
    assert leftovers.before_restart() == [state.identity]
    assert [made.identity.is_running() for made in (state, web)] == [True, False]
    stored = json.loads((data_folder / "processes.json").read_text())
    (data_folder / "processes.json").write_text(json.dumps(stored | {"pid": another.pid}))
    assert leftovers.before_restart() == []
    leftovers.end_control_plane()
    assert not state.identity.is_running()
    for made in (state, web):
        made.process.wait()


def test_the_processes_of_an_earlier_release_end_too(data_folder):
    """It ran `exports` and `conductor` where `work` runs today."""
    old = [child(name, data_folder) for name in ("edge", "web", "exports", "conductor")]
    ProcessFile(data_folder / "processes.json").write(old)
    supervisor._make_room()
    assert [made.identity.is_running() for made in old] == [True, False, False, False]
    leftovers.end([old[0].identity], 5)
    for made in old:
        made.process.wait()


def test_a_second_run_in_a_data_folder_is_refused(data_folder, another):
    run_json_of(identify(another.pid), data_folder)
    with pytest.raises(supervisor.CannotStart, match=f"pid {another.pid}.*make restart.*make stop"):
        supervisor._make_room()
    another.kill()
    another.wait()
    supervisor._make_room()


def test_there_may_be_no_edge_at_all(data_folder):
    assert leftovers.agent() is None and leftovers.edge_processes() == []
