"""Starts a step of every due job, a few at a time."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from django.db import close_old_connections
from django.utils import timezone

from dashboard.exports.delivery.batches import Horizon
from dashboard.exports.formats.traces import follow_setting
from dashboard.exports.models import Job
from dashboard.exports.worker.job_step import advance

log = logging.getLogger(__name__)

AT_ONCE = 4
"""A slow destination delays its own job and three others at most."""


class Exporter:
    """The jobs of one process. `look` runs in one thread, steps run in a pool."""

    def __init__(self) -> None:
        self._name = f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._horizon = Horizon()
        self._steps: dict[int, Future[None]] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
        self._prepared = False

    def look(self, now: datetime) -> None:
        """Hands each due job that is not running to the pool."""
        if not self._prepared:
            follow_setting(now)
            release_jobs_of_ended_processes()
            self._prepared = True
        horizon = self._horizon.look()
        for pk in list(Job.objects.due(now).values_list("pk", flat=True)):
            if pk not in self._steps or self._steps[pk].done():
                self._steps[pk] = self._pool.submit(self._advance, pk, horizon)

    def close(self) -> bool:
        """Starts no more steps; False while one still sends. If it is cut off, its batch will be
        sent again."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        return all(step.done() for step in self._steps.values())

    def _advance(self, pk: int, horizon: int) -> None:
        try:
            close_old_connections()
            advance(pk, self._name, horizon, timezone.now())
        except Exception:  # a guard: one job's error must not end the others
            log.exception("export job %s failed", pk)
        finally:
            close_old_connections()


def release_jobs_of_ended_processes() -> None:
    """Frees the jobs that processes of this machine had claimed when they were killed."""
    for job in Job.objects.filter(claimed_by__startswith=f"{_machine()}:"):
        _, pid, _ = job.claimed_by.rsplit(":", 2)
        if not Path(f"/proc/{pid}").exists():
            claimed = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by)
            claimed.update(claimed_by="", claimed_until=None)


def _machine() -> str:
    return socket.gethostname()[:30]
