"""When the supervisor starts a process again, and that one that keeps ending stops no other."""

import json
import os
import select
import signal
import sys
import time
from types import SimpleNamespace

import pytest

from dashboard.fleet import health
from dashboard.run import supervisor
from dashboard.run.processes import children, process_file
from dashboard.run.processes.children import Child
from dashboard.run.processes.restarts import LONGEST_WAIT_SECONDS, Restarts, State
from routing.process_identity import this_process
from routing.version import VERSION


def test_the_first_end_costs_no_wait_and_each_further_one_a_longer_one():
    restarts, now, waits = Restarts(), 100.0, []
    for _ in range(10):
        restarts.started(now)
        waits.append(restarts.ended(now + 1))
        now = restarts.retry_at
    assert waits[:5] == [0, 1, 2, 4, 8] and waits[-1] == LONGEST_WAIT_SECONDS
    assert restarts.quick_ends == restarts.count == 10


def test_after_it_ran_well_an_end_is_a_first_one():
    restarts = Restarts()
    restarts.started(0)
    for now in (1, 2, 3):
        restarts.ended(now)
        restarts.started(now)
    assert restarts.ended(100) == 0 and restarts.quick_ends == 1


def test_it_is_due_only_when_its_wait_is_over():
    restarts = Restarts()
    restarts.started(0)
    restarts.ended(1)
    restarts.started(1)
    restarts.ended(2)
    assert (restarts.state, restarts.is_due(2.9), restarts.is_due(3)) == (
        State.waiting,
        False,
        True,
    )
    restarts.started(3)
    assert (restarts.state, restarts.is_due(9)) == (State.running, False)


@pytest.fixture
def pair(tmp_path):
    """Two real processes: one that ends at once, one that goes on."""
    dying = Child("work", "this_module_is_not_there", {}, tmp_path / "log" / "work.log")
    lasting = Child("edge", "http.server", {}, tmp_path / "log" / "edge.log")
    lasting.command = [sys.executable, "-c", "import time; time.sleep(60)"]
    for child in (dying, lasting):
        child.start()
    yield dying, lasting
    children.stop([dying, lasting])


def test_a_process_that_keeps_ending_waits_and_the_other_goes_on(pair, tmp_path, monkeypatch):
    dying, lasting = pair
    pid, waits = lasting.process.pid, []
    deadline = time.monotonic() + 20
    while len(waits) < 3 and time.monotonic() < deadline:
        assert lasting.keep_alive() is None
        wait = dying.keep_alive()
        waits += [] if wait is None else [wait]
        time.sleep(0.01)
    assert waits == [0, 1, 2]
    assert lasting.process.pid == pid and lasting.process.poll() is None
    assert "this_module_is_not_there" in dying.tail()
    written = process_file.ProcessFile(tmp_path / "processes.json")
    written.write(pair)
    monkeypatch.setattr(health, "PROCESS_FILE", tmp_path / "processes.json")
    assert health._processes() == {
        "work": {"state": "waiting", "restarts": 3},
        "edge": {"state": "running", "restarts": 0},
    }
    written.remove()
    assert health._processes() == {}


def test_an_end_is_noticed_at_once(pair, monkeypatch):
    dying, lasting = pair
    dying.process.wait(30)
    began = time.monotonic()
    children.wait_for_an_end([lasting, dying], 0.05)  # one that has ended already is no news
    assert time.monotonic() - began >= 0.05 and lasting.process.poll() is None

    def select_after_kill(*arguments):
        lasting.process.kill()
        return select.select(*arguments)

    monkeypatch.setattr(children, "select", SimpleNamespace(select=select_after_kill))
    began = time.monotonic()
    children.wait_for_an_end([lasting, dying], 60)
    assert time.monotonic() - began < 30 and lasting.process.wait(1) == -signal.SIGKILL


@pytest.mark.django_db
def test_healthz_says_which_process_keeps_ending(client, tmp_path, monkeypatch):
    file = tmp_path / "processes.json"
    monkeypatch.setattr(health, "PROCESS_FILE", file)
    work = {"state": "waiting", "restarts": 3, "pid": 1, "started": ""}
    noted = {"pid": os.getpid(), "started": this_process().started}
    file.write_text(json.dumps(noted | {"processes": {"work": work}}))
    answer = client.get("/healthz")
    assert answer.status_code == 200 and answer.json() == {
        "status": "degraded",
        "reasons": ["process_restarts"],
        "version": VERSION,
        "revision": 0,
        "processes": {"work": {"state": "waiting", "restarts": 3}},
    }
    noted["started"] = "by another process that had this id"
    file.write_text(json.dumps(noted | {"processes": {"work": work}}))
    assert client.get("/healthz").json() == {
        "status": "ok",
        "version": VERSION,
        "revision": 0,
    }
    file.write_text("{")
    assert client.get("/healthz").json()["status"] == "ok"


def test_a_bad_setting_of_the_edge_is_named_before_anything_starts(monkeypatch):
    supervisor._check_edge_settings()
    monkeypatch.setenv("SLUICE_EDGE_TRUSTED_PROXIES", "10.0.0.0/33")
    with pytest.raises(supervisor.CannotStart, match="SLUICE_EDGE_TRUSTED_PROXIES='10.0.0.0/33'"):
        supervisor._check_edge_settings()
