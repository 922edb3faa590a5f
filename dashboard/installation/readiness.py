"""/readyz: whether this process can answer requests, for balancers and probes.

`?exclude=redis` leaves a check out, as with Kubernetes' own servers. Pages and deployments work
without Redis, only later: a balancer that has no other server to choose should exclude it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from dashboard.installation.migrations import unapplied
from dashboard.ui.http.unavailable import retry_later
from routing.version import VERSION

CHECK_SECONDS = 1.0
"""A result is used for so long: anyone may ask."""
REDIS_SECONDS = 1.0

_migrated = False
_checked: dict[str, tuple[float, str]] = {}


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """`reasons` are codes; 503 with any."""
    excluded = set(request.GET.getlist("exclude"))
    reasons = [
        reason
        for name, check in CHECKS.items()
        if name not in excluded and (reason := _recent(name, check))
    ]
    if reasons:
        answer = {"status": "not ready", "version": VERSION, "reasons": reasons}
        return retry_later(JsonResponse(answer, status=503))
    return JsonResponse({"status": "ready", "version": VERSION})


def _recent(name: str, check: Callable[[], str]) -> str:
    checked_at, reason = _checked.get(name, (float("-inf"), ""))
    if time.monotonic() - checked_at > CHECK_SECONDS:
        reason = check()
        _checked[name] = (time.monotonic(), reason)
    return reason


def database() -> str:
    """Reachable and with every migration of this code."""
    global _migrated
    try:
        if _migrated:  # a schema does not go back
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return ""
        _migrated = not unapplied()
    except (DatabaseError, InterfaceError):
        return "no_database"
    return "" if _migrated else "not_migrated"


def static_files() -> str:
    """Pages name files by the manifest, which a process reads once: without it each page is an
    error."""
    loaded = getattr(staticfiles_storage, "hashed_files", None)
    return "" if loaded else "no_static_files"


def redis() -> str:
    """Answers a PING."""
    if not settings.REDIS_URL:
        return ""
    from redis import RedisError  # a tenth of a second of every start

    try:
        ping_redis()
    except (RedisError, OSError):
        return "no_redis"
    return ""


def ping_redis() -> None:
    """Raises `RedisError` or `OSError`."""
    from redis import Redis

    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    ) as client:
        client.ping()


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "static_files": static_files,
    "redis": redis,
}
"""Name for `exclude` → the problem's code, or ""."""
