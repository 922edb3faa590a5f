"""The database and the disk."""

from __future__ import annotations

import sqlite3

from benchmarks.torture import disk
from benchmarks.torture.faults.fault import Fault, nothing_fails
from benchmarks.torture.site import Site

_locks: list[sqlite3.Connection] = []


def _lock(site: Site) -> None:
    lock = sqlite3.connect(site.data / "sluice.sqlite3", timeout=20, check_same_thread=False)
    lock.isolation_level = None
    lock.execute("BEGIN IMMEDIATE")
    _locks.append(lock)


def _unlock(site: Site) -> None:
    while _locks:
        lock = _locks.pop()
        lock.execute("ROLLBACK")
        lock.close()


def _fill(site: Site) -> None:
    disk.fill(site.data)


def _empty(site: Site) -> None:
    disk.empty(site.data)


FAULTS = (
    Fault(
        name="database locked",
        begin=_lock,
        end=_unlock,
        hold_seconds=5.0,
        expected=nothing_fails(),
    ),
    Fault(
        name="disk full",
        begin=_fill,
        end=_empty,
        hold_seconds=8.0,
        needs_disk=True,
        expected=nothing_fails(),
    ),
)
