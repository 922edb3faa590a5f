"""The browsers a person is signed in with: what a session notes of them, and the idle limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

NOTED = "browser"
"""Session key: user agent, address, times in seconds since 1970."""
ACTIVE_EVERY = timedelta(minutes=1)

_NAMES = (
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Headless)?(?:Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d{1,4})[\d.]{0,20} (?:Mobile/\S+ )?Safari"),
    ("curl", r"curl/(\d+)"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("ChromeOS", "CrOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a session notes. Empty for sessions of an earlier release."""

    user_agent: str = ""
    address: str = ""
    signed_in_at: datetime | None = None
    active_at: datetime | None = None


def browser_of(session: Mapping[str, Any]) -> Browser:
    """What the data of a session says about its browser."""
    noted = session.get(NOTED)
    if not isinstance(noted, dict):
        return Browser()
    return Browser(
        noted["user_agent"], noted["address"], _time(noted["signed_in"]), _time(noted["active"])
    )


def device_name(user_agent: str) -> str:
    """ "Firefox 140 on Windows". Browsers freeze and fake these texts, so it is a hint only."""
    matches = ((name, re.search(pattern, user_agent)) for name, pattern in _NAMES)
    name = next((f"{name} {match[1]}" for name, match in matches if match), "")
    system = next((label for label, part in _SYSTEMS if part in user_agent), "")
    return " on ".join(filter(None, (name, system))) or "Unknown browser"


def note_sign_in(request: HttpRequest, **_: object) -> None:
    """Receiver of `user_logged_in`."""
    if not hasattr(request, "session"):
        return
    now = timezone.now().timestamp()
    request.session[NOTED] = {
        "user_agent": request.META.get("HTTP_USER_AGENT", "")[:300],
        "address": request.META.get("REMOTE_ADDR", "")[:45],
        "signed_in": now,
        "active": now,
    }


def note_activity(request: HttpRequest, now: datetime) -> None:
    """At most one write a minute. A page that refreshes itself is no activity."""
    noted = request.session.get(NOTED)
    if noted is None:
        note_sign_in(request)  # a session of an earlier release
    elif _is_activity(request) and now - _time(noted["active"]) > ACTIVE_EVERY:
        request.session[NOTED] = noted | {"active": now.timestamp()}


def is_idle(session: Mapping[str, Any], now: datetime) -> bool:
    """Whether the person did nothing for longer than SLUICE_IDLE_MINUTES."""
    active_at = browser_of(session).active_at
    return bool(settings.IDLE_LIMIT and active_at and now - active_at > settings.IDLE_LIMIT)


def _is_activity(request: HttpRequest) -> bool:
    """Scripts ask with `HX-Request`, or by `fetch`, which browsers mark as for no element of a page
    (Fetch Metadata, section 2.1)."""
    asked = request.headers
    by_script = "HX-Request" in asked or asked.get("Sec-Fetch-Dest") == "empty"
    return request.method == "POST" or not by_script or "HX-Boosted" in asked


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
