"""Answers shared links: sets the cookie and redirects, or explains why not.

A link is `<host>/__sluice/override?permission=<token>[&path=/where]`. The permission is in the
query, which no access log contains. `/__sluice/override/leave` removes the cookie.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs, urlsplit

from routing.agent.answers.permissions import Permits
from routing.agent.base import messages
from routing.agent.base.unix_http_server import Request, Response
from routing.compile import names
from routing.rules.decide import Target
from routing.rules.override import Outcome
from routing.rules.permissions.permission import (
    COOKIE,
    HOST_COOKIE,
    Fault,
    Permission,
    Presented,
    TokenResult,
    fault_of,
)

TargetOf = Callable[[str], Target]

_ROUTE, _HOST = names.ROUTE_HEADER.encode(), names.HOST_HEADER.encode()
_SCHEME, _PATH = names.SCHEME_HEADER.encode(), names.TARGET_PATH_HEADER.encode()
# On this host only: no second slash, and no backslash, which browsers read as one.
_PLACE = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")


def answer(request: Request, permits: Permits, target_of: TargetOf) -> Response:
    """Never 200, which would forward the request."""
    place = urlsplit(_header(request, _PATH))
    secure = _header(request, _SCHEME) == "https"
    if place.path == names.LEAVE_PATH:
        return _answered(303, _cookie("", 0, secure), location="/")
    asked = parse_qs(place.query)
    token = asked.get("permission", [""])[0]
    target = target_of(_header(request, _ROUTE))
    presented = permits.presented(
        target.worker, target.protection, b"", token, _header(request, _HOST)
    )
    read = presented.cookie if token else Fault.missing
    fault = _fault(read, target, presented)
    if fault is not None or not isinstance(read, Permission):
        return _page(*messages.LINK_REFUSED[fault or Fault.missing])
    if target.match(read.version_id) is not Outcome.applied:
        return _page(*messages.LINK_NOT_DEPLOYED)
    seconds = int(read.expires_at - presented.now)
    wanted = asked.get("path", ["/"])[0]
    to = wanted if _PLACE.fullmatch(wanted) else "/"
    return _answered(303, _cookie(token, seconds, secure), location=to)


def _fault(read: TokenResult | None, target: Target, presented: Presented) -> Fault | None:
    """A link asks for the version that its own permission names."""
    requested = read.version_id if isinstance(read, Permission) else ""
    return fault_of(read or Fault.missing, requested, target.protection, presented)


def _header(request: Request, name: bytes) -> str:
    return b"".join(request.lines(name)[:1]).decode("latin-1")


def _cookie(value: str, seconds: int, secure: bool) -> str:
    """Without a Domain no other host gets it (RFC 6265, 5.3)."""
    name, more = (HOST_COOKIE, "; Secure") if secure else (COOKIE, "")
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{more}"


def _page(status: int, title: str, text: str) -> Response:
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p>"
        '<p><a href="/">Open this site</a></p></html>\n'
    )
    return _answered(status, body=body.encode())


def _answered(status: int, cookie: str = "", *, location: str = "", body: bytes = b"") -> Response:
    """Not cacheable, and without a referrer that would leak the link."""
    told = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        **({"set-cookie": cookie} if cookie else {}),
        **({"location": location} if location else {}),
    }
    headers = tuple((name.encode(), value.encode("latin-1")) for name, value in told.items())
    return Response(status, headers, body)
