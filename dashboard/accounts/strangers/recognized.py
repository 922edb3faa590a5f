"""Whether a request comes from someone who is signed in, before Django reads it.

This decides in which order requests are answered and how large they may be, never what they may do:
Django checks every session and token again.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from channels.db import DatabaseSyncToAsync
from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie
from django.utils import timezone

from dashboard.accounts.models import Session, Token
from dashboard.accounts.tokens import bearer_token, hash_token
from routing.assets.upload_token import is_upload_token
from routing.models import Edge, EdgeToken, JoinToken

REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 10_000
LONGEST = 512
"""Characters of a secret that is looked up at all."""

Headers = Iterable[tuple[bytes, bytes]]
_threads = ThreadPoolExecutor(2, thread_name_prefix="recognize")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries; empty where it carries none."""

    session: str = ""
    token: str = ""

    def __bool__(self) -> bool:
        return bool(self.session or self.token)


def credentials(headers: Headers) -> Credentials:
    """The session cookie and the Bearer token of these headers (names in lower case)."""
    session = token = ""
    for name, value in one_cookie_line(headers):
        if name == b"cookie":
            cookies = parse_cookie(value.decode("latin-1"))
            session = cookies.get(settings.SESSION_COOKIE_NAME, "")[:LONGEST]
        elif name == b"authorization":
            token = bearer_token(value.decode("latin-1"))[:LONGEST]
    return Credentials(session, token)


def one_cookie_line(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers with all Cookie lines joined by "; " (RFC 9113, 8.2.3).

    Django joins them with commas and Channels reads the first one only, so without this the queue
    for strangers, the limits and the views could each see another session.
    """
    lines = list(headers)
    cookies = [value for name, value in lines if name == b"cookie"]
    if len(cookies) < 2:
        return lines
    return [line for line in lines if line[0] != b"cookie"] + [(b"cookie", b"; ".join(cookies))]


class Recognized:
    """Remembers by hash, for `REMEMBERED_SECONDS`; what opens nothing is not remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[bytes, float] = {}

    def remembers(self, given: Credentials) -> bool:
        return bool(given) and self._until.get(_key(given), 0.0) > self._clock()

    async def look_up(self, given: Credentials) -> bool:
        """One query or two, in a thread of its own."""
        try:
            if not given or not await _opens_something(given):
                return False
        except DatabaseError:  # the view will report it
            return True
        if len(self._until) >= MOST_REMEMBERED:
            self._forget()
        self._until[_key(given)] = self._clock() + REMEMBERED_SECONDS
        return True

    def _forget(self) -> None:
        now = self._clock()
        current = {key: until for key, until in self._until.items() if until > now}
        self._until = current if len(current) < MOST_REMEMBERED else {}


def _key(given: Credentials) -> bytes:
    return sha256(f"{given.session}\0{given.token}".encode("utf-8", "replace")).digest()


def opens_something(given: Credentials) -> bool:
    """Whether the database, or the metrics' own token, has it."""
    now = timezone.now()
    if given.session and "\0" not in given.session:
        alive = Session.objects.filter(expire_date__gt=now, user__is_active=True)
        if alive.filter(pk=given.session[:40]).exists():
            return True
    if not given.token:
        return False
    if settings.METRICS_TOKEN and _same(given.token, settings.METRICS_TOKEN):
        return True
    if is_upload_token(given.token, now):
        return True
    digest = hash_token(given.token)
    in_use = Token.objects.in_use(now).filter(sha256=digest)
    if in_use.exists() or EdgeToken.objects.in_use(now).filter(sha256=digest).exists():
        return True
    # A token that an earlier release made, or one to join with.
    joining = JoinToken.objects.waiting(now).filter(sha256=digest)
    return Edge.objects.filter(token_sha256=digest).exists() or joining.exists()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


_opens_something: Any = DatabaseSyncToAsync(
    opens_something, thread_sensitive=False, executor=_threads
)
