"""Template context of the frame: navigation and the edges."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from dashboard.fleet.propagation import meter_of_all
from dashboard.ui.badges import count_of

#: (route, icon, word). An entry shows as soon as its page exists; accounts when they are on.
DAILY = [
    ("workers:list", "layers", "Workers"),
    ("rollouts:all", "trending-up", "Rollouts"),
    ("reviews:inbox", "clipboard-check", "Reviews"),
    ("playground:playground", "send", "Playground"),
    ("observability:all", "chart-column", "Observability"),
    ("invocations:all", "activity", "Invocations"),
    ("activity", "scroll-text", "Activity"),
    ("storage:list", "database", "Storage"),
    ("edges:list", "server", "Edges"),
]
SETTINGS = [
    ("policies:account", "shield-check", "Policies"),
    ("cloud:list", "cloud", "Cloudflare accounts"),
    ("exports:list", "cloud-upload", "Exports"),
    ("notifications:settings", "bell", "Notifications"),
    ("people:list", "users", "People & tokens"),
    ("sluice_api:reference", "code", "API"),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Lazy: fragments have no frame and need no query."""
    return {
        "navigation": SimpleLazyObject(lambda: navigation(request.path, request)),
        "all_edges": SimpleLazyObject(meter_of_all),
        "rendered_at": timezone.now(),
        "error_base": lambda: _error_base(request),
    }


def navigation(path: str, request: HttpRequest | None = None) -> list[dict[str, Any]]:
    """Entries whose pages exist; `here` marks the one that contains `path`."""
    entries = [(route, icon, word, "") for route, icon, word in DAILY]
    entries += [(route, icon, word, "Settings") for route, icon, word in SETTINGS]
    return [
        {
            "url": url,
            "icon": icon,
            "word": word,
            "group": group,
            "here": path.startswith(url),
            "count": count_of(route, request) if request is not None else 0,
        }
        for route, icon, word, group in entries
        if (url := _url(route))
    ]


def _error_base(request: HttpRequest) -> str:
    """The template that an error page extends: inside the frame for people who are signed in."""
    user = getattr(request, "user", None)
    return "ui/error.html" if user is not None and user.is_authenticated else "error.html"


def _url(route: str) -> str:
    if route == "cloud:list" and not settings.CLOUD_HOSTS:
        return ""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
