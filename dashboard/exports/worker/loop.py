"""The loop of the process that exports: every due job, a few at a time, until it is stopped."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from dashboard.exports.delivery.batches import Horizon
from dashboard.exports.formats.traces import follow_setting
from dashboard.exports.models import Job
from dashboard.exports.worker.job_step import advance

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
STOP_SECONDS = 3.0
AT_ONCE = 4
"""A slow destination holds up its own job and three others at most."""


def run(stop: threading.Event) -> bool:
    """Looks for work until `stop` is set, then gives what is being sent a moment to end.

    False if something still is: it may be cut off, its batch will be sent again.
    """
    me = f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"
    horizon = Horizon()
    running: set[int] = set()
    follow_setting(timezone.now())
    release_dead()
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
    while not stop.is_set():
        start_due(pool, horizon, me, running)
        stop.wait(LOOK_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    deadline = time.monotonic() + STOP_SECONDS
    while running and time.monotonic() < deadline:
        time.sleep(0.02)
    return not running


def release_dead() -> None:
    """Frees the jobs of processes of this machine that are gone: nobody has to wait for them."""
    for job in Job.objects.filter(claimed_by__startswith=f"{_machine()}:"):
        _, pid, _ = job.claimed_by.rsplit(":", 2)
        if not Path(f"/proc/{pid}").exists():
            held = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by)
            held.update(claimed_by="", claimed_until=None)


def start_due(pool: ThreadPoolExecutor, horizon: Horizon, me: str, running: set[int]) -> None:
    """Hands each due job that is not at work already to the pool."""
    try:
        close_old_connections()
        upto = horizon.look()
        due = list(Job.objects.due(timezone.now()).values_list("pk", flat=True))
    except DatabaseError as error:
        log.warning("the database does not answer: %s", error)
        return
    for pk in due:
        if pk not in running:
            running.add(pk)
            done = partial(running.discard, pk)
            pool.submit(_one, pk, me, upto).add_done_callback(lambda _, done=done: done())  # type: ignore[misc]


def _machine() -> str:
    return socket.gethostname()[:30]


def _one(pk: int, me: str, horizon: int) -> None:
    try:
        close_old_connections()
        advance(pk, me, horizon, timezone.now())
    except Exception:  # one job's fault must not end the others
        log.exception("fault in export job %s", pk)
    finally:
        close_old_connections()
