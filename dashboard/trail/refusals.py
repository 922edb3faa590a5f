"""Refused attempts: a change that a signed-in person or a token tried and did not get."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import User
from routing.control import audit
from routing.models import AuditEntry
from routing.trail.origin import Origin

ACTION = "attempt.refused"
STATUSES = (403, 409)
PER_MINUTE, PER_HOUR = 20, 200
"""Entries per person; more are not recorded, so that they cannot fill the disk or bury others."""
NAMES = ("name", "script_name")
"""Parameters of addresses that name a Worker."""
SHOWN = ("user_id", "token_id", "rollout_id", "version_id", "script_tag", "verb", "suite")
"""Other parameters that are recorded. A path itself may hold a secret, such as a password link."""
DEFAULT_WHY = {
    403: "Not allowed.",
    409: "Conflict: it changed in the meantime, or something stands in the way.",
}


def is_refusal(request: HttpRequest, status: int, origin: Origin) -> bool:
    """Whether this answer refuses a change."""
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    return changes and (status in STATUSES or (400 <= status < 500 and bool(origin.refusal)))


def note(request: HttpRequest, status: int, origin: Origin) -> bool:
    """Records the attempt; False without a person to name, or when the rate limit is reached."""
    person, source = _person(request, origin)
    if person is None:
        return False
    now = timezone.now()
    recorded = _recorded(person, now)
    if recorded is None:
        return False
    after = _what(request) | {"status": status, "why": _why(status, origin)}
    if recorded == PER_MINUTE - 1:
        after["note"] = "More refusals in this minute are not recorded."
    audit.record(ACTION, _subject(request), actor=person, source=source, now=now, after=after)
    return True


def _person(request: HttpRequest, origin: Origin) -> tuple[User | None, str]:
    if origin.person:
        agent = request.headers.get("User-Agent", "")
        source = "wrangler" if agent.startswith("wrangler/") else "api"
        return User.objects.filter(username=origin.person).first(), source
    user = getattr(request, "user", None)
    return (user if isinstance(user, User) else _loaded(user)), "dashboard"


def _loaded(user: Any) -> User | None:
    """The person behind Django's lazy `request.user`."""
    return User.objects.get(pk=user.pk) if user is not None and user.is_authenticated else None


def _recorded(person: User, now: datetime) -> int | None:
    """How many of the person's refusals this minute has; None when the rate is reached."""
    hour = AuditEntry.objects.filter(
        action=ACTION, actor=person.get_username(), at__gt=now - timedelta(hours=1)
    )
    minute = hour.filter(at__gt=now - timedelta(minutes=1)).count()
    return None if minute >= PER_MINUTE or hour.count() >= PER_HOUR else minute


def _what(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    given = match.kwargs if match else {}
    shown = {name: str(given[name])[:100] for name in SHOWN if name in given}
    route = f"{match.route}" if match else ""
    return {"attempt": f"{request.method} /{route}"[:200]} | shown


def _subject(request: HttpRequest) -> str:
    match = request.resolver_match
    given = match.kwargs if match else {}
    named = next((str(given[name]) for name in NAMES if name in given), "")
    return (named or (match.view_name if match else "") or "unknown address")[:100]


def _why(status: int, origin: Origin) -> str:
    return (origin.refusal or DEFAULT_WHY.get(status, ""))[:500]
