"""Runs loops until SIGTERM or SIGINT, or until the parent process is gone."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings
from django.db import connection

from dashboard.fleet.health import WORK_FILE
from dashboard.work.heartbeat import beat, is_alive
from dashboard.work.loop import Loop
from routing.parent_watch import on_parent_exit
from routing.process_identity import this_process

HEALTH_SECONDS = 1.0
STOP_SECONDS = 3.0
"""What tasks get to end in. Work that is cut off is claimed and done again."""
CONNECTION_SECONDS = 60
"""How long a thread keeps its connection to SQLite."""


def run_until_stopped(loops: Sequence[Loop], *, write_health: bool = False) -> None:
    """Ends the process."""
    keep_connections()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.PARENT_PID is not None:
        on_parent_exit(settings.PARENT_PID, stop.set)
    if not run(loops, stop, write_health=write_health):
        logging.shutdown()
        os._exit(0)  # threads that wait for a silent server cannot be interrupted


def keep_connections() -> None:
    """Opening SQLite takes 2.6 ms of CPU, most tasks 0.3 ms, twice a second each. PostgreSQL has a
    pool (`dashboard.fleet.connection_pool`), which allows no such age."""
    if connection.vendor == "sqlite":
        connection.settings_dict["CONN_MAX_AGE"] = CONNECTION_SECONDS


def run(loops: Sequence[Loop], stop: threading.Event, *, write_health: bool = False) -> bool:
    """Until `stop` is set; False when something still runs after `STOP_SECONDS`."""
    threads = [threading.Thread(target=loop.run, args=(stop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    written = ""
    while not stop.is_set():
        if write_health:
            written = _write_health(loops, written)
            if is_alive((task for loop in loops for task in loop.tasks), time.monotonic()):
                beat(settings.WORK_HEARTBEAT_PATH)
        stop.wait(HEALTH_SECONDS)
    if write_health:
        WORK_FILE.unlink(missing_ok=True)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if not any(thread.is_alive() for thread in threads):
            if all([loop.close() for loop in loops]):
                return True
        time.sleep(0.02)
    return False


def _write_health(loops: Sequence[Loop], written: str) -> str:
    """`{"pid", "started", "tasks": {name: state}}`, when it has changed; returns the text."""
    me, clock = this_process(), time.monotonic()
    tasks = {task.name: task.state(clock) for loop in loops for task in loop.tasks}
    text = json.dumps({"pid": me.pid, "started": me.started, "tasks": tasks})
    if text != written:
        partial = WORK_FILE.with_suffix(".tmp")
        with suppress(OSError):  # a full disk stops no task
            partial.write_text(text)
            partial.replace(WORK_FILE)
            return text
    return written
