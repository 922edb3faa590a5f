"""Where a redirect leads, if to a Worker of this system: to be followed by a person's click."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings

from routing.control.publish import hostname
from routing.models import Worker


def own_place(location: str, worker: str, path: str) -> dict[str, str] | None:
    """Worker and path of a `Location`; None for every other address, and for what is no URL."""
    host = hostname(worker)
    try:
        parts = urlsplit(urljoin(f"http://{host}{path}", location))
        name = (parts.hostname or "").removesuffix(f".{settings.DOMAIN}")
        port = parts.port
    except ValueError:
        return None
    own = parts.scheme in ("http", "https") and parts.username is None
    if not own or port not in _ports():
        return None
    if parts.hostname != hostname(name) or not Worker.objects.filter(name=name).exists():
        return None
    query = f"?{parts.query}" if parts.query else ""
    return {"worker": name, "path": (parts.path or "/") + query}


def _ports() -> tuple[int | None, ...]:
    """Where a Worker may think that it is reached."""
    return (None, 80, 443, settings.EDGE_PORT, urlsplit(settings.EDGE_PUBLIC_URL).port)
