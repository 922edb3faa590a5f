"""Which pages may open a WebSocket here: those of this very origin (RFC 6454), port included.

Cookies know no ports, so a page on another port of this host would come with this person's session
(cross-site WebSocket hijacking). `OriginValidator` of channels compares ports only for origins that
are listed, and what a proxy makes of our address cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
SCHEMES = {"ws": "http", "wss": "https"}

Origin = tuple[str, str, int]
"""Scheme, host, port."""


def same_origin(app: Any, *, programs: bool = False) -> Any:
    """`app`, for sockets whose Origin is ours. Programs send none: `programs` lets them in."""

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        allowed = is_allowed(scope, programs=programs)
        await (app if allowed else WebsocketDenier())(scope, receive, send)

    return checked


def is_allowed(scope: Mapping[str, Any], *, programs: bool) -> bool:
    """By the Origin and Host of the handshake in `scope`, and SLUICE_PUBLIC_URL."""
    given = [value for name, value in scope["headers"] if name == b"origin"]
    if not given:
        return programs
    origin = parse_origin(given[0].decode("latin-1")) if len(given) == 1 else None
    return origin is not None and origin in (_own(scope), parse_origin(settings.PUBLIC_URL))


def parse_origin(text: str) -> Origin | None:
    """`https://host[:port]` and nothing else; None for other text, `null` included."""
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    rest = parts.path or parts.query or parts.fragment or parts.username or parts.password
    return None if rest or not parts.hostname else (parts.scheme, parts.hostname, port)


def _own(scope: Mapping[str, Any]) -> Origin | None:
    """Where the browser says that it is connected; None where that is no host of ours."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return None
    domain, _ = split_domain_port(hosts[0])
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None
    scheme = SCHEMES.get(scope.get("scheme", "ws"), "http")
    return parse_origin(f"{scheme}://{hosts[0]}")
