"""Where a redirect leads, if to a Worker of this system: to be followed by a person's click."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings

from routing.control.addresses.reached import worker_at
from routing.control.publish import hostname


def own_place(location: str, worker: str, path: str, host: str = "") -> dict[str, str] | None:
    """Worker, path and host of a `Location` in an answer from `host` (default: the Worker's own);
    None for every other address, and for what is no URL. `host` is "" for a Worker's own."""
    base = f"http://{host or hostname(worker)}{path}"
    try:
        parts = urlsplit(urljoin(base, location))
        target, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.username is not None or port not in _ports():
        return None
    full_path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    name = worker_at(parts.scheme, target, full_path)
    if not name:
        return None
    return {"worker": name, "path": full_path, "host": "" if target == hostname(name) else target}


def _ports() -> tuple[int | None, ...]:
    """Where a Worker may think that it is reached."""
    return (None, 80, 443, settings.EDGE_PORT, urlsplit(settings.EDGE_PUBLIC_URL).port)
