"""Tasks run in turn; one that fails or hangs stops no other, and says so."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from dashboard.fleet import health
from dashboard.work import loops, run as running
from dashboard.work.heartbeat import HUNG_SECONDS, is_alive
from dashboard.work.loop import Loop, Task, TaskState
from tests.eventually import eventually
from tests.running import PROJECT


@pytest.fixture(autouse=True)
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.work.loop.close_old_connections", lambda: None)


@pytest.fixture
def work_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "work.json"
    monkeypatch.setattr(running, "WORK_FILE", file)
    monkeypatch.setattr(health, "WORK_FILE", file)
    monkeypatch.setattr(running, "HEALTH_SECONDS", 0.01)
    return file


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def fail(now: datetime) -> None:
    raise ValueError("broken")


def test_a_task_that_fails_waits_longer_each_time_and_recovers() -> None:
    problems: list[Exception] = [ValueError("broken"), OperationalError("away")]
    calls = []

    def do(now: datetime) -> None:
        calls.append(now)
        if problems:
            raise problems.pop()

    task, clock = Task("odd", do, every=1), time.monotonic()
    task.run_if_due(clock)
    assert task.state(clock) is TaskState.failing
    task.run_if_due(clock + 0.5)
    assert len(calls) == 1, "not due"
    task.run_if_due(clock + 1.5)
    task.run_if_due(clock + 2.5)
    assert len(calls) == 2, "the second failure waits for two seconds"
    task.run_if_due(clock + 4)
    assert len(calls) == 3 and task.state(clock) is TaskState.ok


def test_one_task_that_fails_and_one_that_hangs_stop_no_other(
    work_file: Path, stop: threading.Event
) -> None:
    rounds: list[datetime] = []
    ended = threading.Event()
    hangs = Task("hangs", lambda now: ended.wait(30), stuck_after=0.05)
    failing, well = Task("fails", fail, every=0.01), Task("well", rounds.append, every=0.01)
    arguments = ([Loop(failing, well), Loop(hangs)], stop)
    thread = threading.Thread(target=running.run, args=arguments, kwargs={"write_health": True})
    thread.start()
    expected = {"fails": "failing", "well": "ok", "hangs": "stuck"}
    tasks = lambda: json.loads(work_file.read_text())["tasks"]  # noqa: E731
    eventually(lambda: work_file.exists() and tasks() == expected)
    assert health._troubled_tasks() == {"fails": "failing", "hangs": "stuck"}
    before = len(rounds)
    eventually(lambda: len(rounds) > before + 3)
    ended.set()
    stop.set()
    thread.join(20)
    assert not thread.is_alive() and not work_file.exists()


@pytest.mark.django_db
def test_healthz_names_the_tasks_that_fail(
    client: Client, work_file: Path, stop: threading.Event
) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    task = Task("hooks", fail)
    task.run_if_due(time.monotonic())
    running._write_health([Loop(task)], "")
    answer = client.get("/healthz").json()
    assert (answer["status"], answer["reasons"]) == ("degraded", ["background_work"])
    assert answer["work"] == {"hooks": "failing"}


def test_what_is_cut_off_at_the_end_is_reported(
    work_file: Path, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "STOP_SECONDS", 0.05)
    stop.set()
    assert not running.run([Loop(Task("exports", fail), close=lambda: False)], stop)
    assert running.run([Loop(Task("exports", fail))], stop)


@pytest.mark.django_db
def test_every_task_runs_in_an_empty_system() -> None:
    for loop in loops.everything():
        for task in loop.tasks:
            task.run_if_due(time.monotonic())
            assert task.state(time.monotonic()) is TaskState.ok, task.name
        assert loop.close()


def test_work_is_what_its_two_parts_run(monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, list[str]] = {}

    def note(found: list[Loop], *, write_health: bool = False) -> None:
        started[command] = [task.name for loop in found for task in loop.tasks]
        assert all([loop.close() for loop in found])

    for command in ("work", "conduct", "export_logs"):
        monkeypatch.setattr(f"dashboard.work.management.commands.{command}.run_until_stopped", note)
        call_command(command)
    assert sorted(started["work"]) == sorted(started["conduct"] + started["export_logs"])
    assert started["export_logs"] == ["exports"]
    assert len(set(started["work"])) == len(started["work"])
    assert len(loops.everything()) <= 12, "each loop is a thread with a database connection"


def test_a_heartbeat_reaches_the_probe_and_systemd(
    work_file: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WORK_HEARTBEAT_PATH = tmp_path / "alive"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        stop = threading.Event()
        thread = threading.Thread(
            target=running.run, args=([], stop), kwargs={"write_health": True}
        )
        thread.start()
        assert systemd.recv(100) == b"WATCHDOG=1"
        stop.set()
        thread.join(20)
    probe = [sys.executable, PROJECT / "deploy/image/healthcheck.py", tmp_path / "alive"]
    assert subprocess.run(probe).returncode == 0
    os.utime(tmp_path / "alive", (1, 1))
    assert subprocess.run(probe).returncode == 1


def test_work_is_not_alive_when_a_task_hangs() -> None:
    task, began = Task("exports", lambda now: None), time.monotonic()
    task._began_at = began
    assert is_alive([task], began + HUNG_SECONDS)
    assert not is_alive([task], began + HUNG_SECONDS + 1)
