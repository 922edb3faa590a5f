"""What the frame of every page shows beside the page: navigation and the edges."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from dashboard.ui.propagation import meter_of_all

#: (route, icon, word). An entry shows as soon as its page exists.
DAILY = [
    ("workers:list", "layers", "Workers"),
    ("rollouts:all", "trending-up", "Rollouts"),
    ("playground:playground", "send", "Playground"),
    ("observability:all", "chart-column", "Observability"),
    ("invocations:all", "activity", "Invocations"),
    ("activity", "scroll-text", "Activity"),
    ("edges:list", "server", "Edges"),
]
SETTINGS = [
    ("exports:list", "cloud-upload", "Exports"),
    ("people:list", "users", "People & tokens"),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that fragments, which have no frame, cost no query."""
    return {
        "navigation": SimpleLazyObject(lambda: navigation(request.path)),
        "all_edges": SimpleLazyObject(meter_of_all),
        "rendered_at": timezone.now(),
    }


def navigation(path: str) -> list[dict[str, Any]]:
    """The entries whose pages exist, and which of them holds `path`."""
    entries = [(_url(route), icon, word, "") for route, icon, word in DAILY]
    entries += [(_url(route), icon, word, "Settings") for route, icon, word in SETTINGS]
    return [
        {"url": url, "icon": icon, "word": word, "group": group, "here": path.startswith(url)}
        for url, icon, word, group in entries
        if url
    ]


def _url(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
