"""Checks of the control plane. Each returns what it found; none raises."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.checks import Tags, run_checks
from django.db import DatabaseError, InterfaceError, connection
from redis import RedisError

from dashboard.accounts.models import Role, User
from dashboard.fleet.storage import own_disk
from dashboard.installation.backup.lost import lost
from dashboard.installation.doctor.edges import edges
from dashboard.installation.doctor.findings import Finding, error, warning
from dashboard.installation.migrations import unapplied
from dashboard.installation.readiness import ping_redis
from dashboard.installation.shared_keys import missing_keys
from routing import object_storage

LEAST_FREE_BYTES = 1_000_000_000
LARGEST_CLOCK_SECONDS = 2.0


def keys() -> Iterable[Finding]:
    names = missing_keys()
    yield error("keys", "not_shared", names=" and ".join(names)) if names else Finding("keys")


def database() -> Iterable[Finding]:
    missing = unapplied()
    if missing:
        yield error("database", "not_migrated", count=len(missing), first=missing[0])
    else:
        yield Finding("database", facts={"vendor": connection.vendor})


def clock() -> Iterable[Finding]:
    """Of this machine beside PostgreSQL's."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        [theirs] = cursor.fetchone()
    offset = (before + time.time()) / 2 - float(theirs)
    off = abs(offset) > LARGEST_CLOCK_SECONDS
    yield warning("clock", "off", seconds=f"{offset:+.1f}") if off else Finding("clock")


def admin() -> Iterable[Finding]:
    has_one = User.objects.filter(role=Role.ADMIN, is_active=True).exists()
    yield Finding("admin") if has_one else error("admin", "none")


def secrets() -> Iterable[Finding]:
    workers, values = lost()
    if not values and not workers:
        yield Finding("secrets")
        return
    names = ", ".join(sorted(workers)) or "none"
    yield error("secrets", "lost", count=sum(values.values()), workers=names)


def redis() -> Iterable[Finding]:
    if not settings.REDIS_URL:
        return
    try:
        ping_redis()
    except (RedisError, OSError) as problem:
        yield error("redis", "away", why=str(problem))
    else:
        yield Finding("redis")


def bucket() -> Iterable[Finding]:
    if not object_storage.is_configured():
        return
    try:
        object_storage.get("sluice-doctor")
    except object_storage.ObjectMissing:
        yield Finding("bucket")
    except object_storage.StorageFailed as problem:
        yield error("bucket", "away", why=problem.strerror)
    else:
        yield Finding("bucket")


def static_files() -> Iterable[Finding]:
    there = (Path(settings.STATIC_ROOT) / ManifestFilesMixin.manifest_name).is_file()
    yield Finding("static_files") if there else error("static_files", "missing")


def disk() -> Iterable[Finding]:
    if state := own_disk():
        yield error("disk", "cannot_write", state=state.value, folder=settings.DATA_DIR)
        return
    free = shutil.disk_usage(settings.DATA_DIR).free
    little = free < LEAST_FREE_BYTES
    facts = {"free": f"{free / 1e9:.1f} GB", "folder": settings.DATA_DIR}
    yield warning("disk", "almost_full", **facts) if little else Finding("disk", facts=facts)


def settings_check() -> Iterable[Finding]:
    """Those of `manage.py check --deploy` that are Sluice's own."""
    problems = run_checks(tags=[Tags.security], include_deployment_checks=True)
    ours = [item for item in problems if (item.id or "").startswith("sluice.")]
    for item in ours:
        yield warning("settings", "unsafe", what=item.msg, hint=item.hint)
    if not ours:
        yield Finding("settings")


Check = Callable[[], Iterable[Finding]]
WITHOUT_DATABASE: tuple[Check, ...] = (settings_check, keys, redis, bucket, static_files, disk)
WITH_DATABASE: tuple[Check, ...] = (clock, admin, secrets, edges)


def examine() -> list[Finding]:
    """All findings, in the order in which they are to be fixed."""
    findings = [finding for check in WITHOUT_DATABASE for finding in check()]
    try:
        findings += database()
        if findings[-1].code == "ok":  # the others need all tables
            findings += [finding for check in WITH_DATABASE for finding in check()]
    except (DatabaseError, InterfaceError) as problem:
        findings.append(error("database", "away", why=str(problem).strip()))
    return findings
