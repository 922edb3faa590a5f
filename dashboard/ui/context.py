"""Template context of the frame: navigation and the edges."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from dashboard.fleet.propagation import meter_of_all
from dashboard.ui.account_menu import account_menu
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
        "account_menu": lambda: account_menu(request),
        "rendered_at": timezone.now(),
        "error_base": lambda: _error_base(request),
    }


def navigation(path: str, request: HttpRequest | None = None) -> list[dict[str, Any]]:
    """Entries whose pages exist; `here` marks the one that contains `path`. On the pages of an
    account its own come first."""
    menu = account_menu(request) if request is not None else None
    pages = menu.current.pages if menu else None
    daily = [(e.url, e.icon, e.word, "", e.route) for e in pages or ()]
    if pages is None:
        daily = [(_url(route), icon, word, "", route) for route, icon, word in DAILY]
    settings_ = [(_url(route), icon, word, "Settings", route) for route, icon, word in SETTINGS]
    entries = [entry for entry in (*daily, *settings_) if entry[0]]
    here = max((url for url, *_ in entries if path.startswith(url)), key=len, default="")
    return [
        {
            "url": url,
            "icon": icon,
            "word": word,
            "group": group,
            "here": url == here,
            "count": count_of(route, request) if request is not None else 0,
        }
        for url, icon, word, group, route in entries
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
