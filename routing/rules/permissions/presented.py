"""The permissions of a request, from the header and from the cookie of a shared link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from routing.rules.header.fields import Value, lines_named, octets
from routing.rules.permissions.permission import (
    COOKIE,
    HOST_COOKIE,
    PERMISSION,
    Presented,
    Protection,
    TokenResult,
)

Reader: TypeAlias = Callable[[str, str, Mapping[str, bytes]], TokenResult]

MOST = 8
"""The most tokens of one header that are verified."""

_COOKIES = (HOST_COOKIE.encode(), COOKIE.encode())
"""The one that no other host can set comes first."""


def presented_in(
    worker: str,
    headers: Sequence[tuple[str, Value]],
    protection: Protection,
    *,
    host: str,
    now: float,
    read: Reader,
) -> Presented:
    """The permissions for `worker` in these headers. `host` may have a port; `read` is
    `token.read_token`, or a cache of it."""
    header = tokens(lines_named(PERMISSION, headers))
    cookie, _ = take_cookie(lines_named("cookie", headers))
    return Presented(
        header=tuple(read(token, worker, protection.keys) for token in header),
        cookie=None if cookie is None else read(cookie, worker, protection.keys),
        host=host_name(host),
        now=now,
    )


def tokens(lines: Iterable[Value]) -> list[str]:
    """The first `MOST` tokens of the header."""
    joined = b",".join(octets(line) for line in lines).decode("latin-1")
    return [token for part in joined.split(",") if (token := part.strip())][:MOST]


def take_cookie(lines: Iterable[Value]) -> tuple[str | None, bytes]:
    """The shared link's cookie (the first one, or None), and the header without it, other cookies
    unchanged (RFC 6265, 4.2.1)."""
    pairs = [pair.strip() for line in lines for pair in octets(line).split(b";")]
    parted = [_parted(pair) for pair in pairs]
    ours = [value for one in _COOKIES for name, _, value in parted if name == one]
    rest = b"; ".join(pair for pair in pairs if pair and _parted(pair)[0] not in _COOKIES)
    return (ours[0].decode("latin-1") if ours else None), rest


def host_name(host: str) -> str:
    """Without the port, in lower case."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower().rstrip(".")


def _parted(pair: bytes) -> tuple[bytes, bytes, bytes]:
    name, equals, value = pair.partition(b"=")
    return name.strip(), equals, value.strip()
