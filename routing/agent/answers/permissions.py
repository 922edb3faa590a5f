"""Permission tokens at the edge: verified once, judged at every request.

Verifying a signature takes about 100 µs, so the result is cached by the token's text; expiry and
revocation are checked by the rules each time.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache

from cachetools import LRUCache

from routing.rules.permissions.permission import UNPROTECTED, Presented, Protection, TokenResult
from routing.rules.permissions.presented import Reader, host_name, tokens
from routing.snapshot import WorkerSpec

_READ = 4096
_LONGEST_REMEMBERED = 1024
_CARRIED = 4096
CARRIED_SECONDS = 60.0
"""How long a request with a permission may use it for calls to other Workers."""


class Permits:
    """`clock` is in seconds since 1970; `ticks` is monotonic."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._read: LRUCache[tuple[str, str], TokenResult] = LRUCache(_READ)
        self._ticks = ticks
        self._carried: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()

    def forget(self) -> None:
        """Keys may have changed."""
        self._read.clear()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def carry(self, ray: bytes, header: bytes) -> bytes:
        """The permission header of the request with this ray. Workers never see it, so the header
        of the external request also applies to the Workers called on its behalf."""
        if not ray:
            return header
        if not header:
            carried, since = self._carried.get(ray, (b"", 0.0))
            return carried if self._ticks() - since < CARRIED_SECONDS else b""
        self._carried[ray] = (header, self._ticks())
        if len(self._carried) > _CARRIED:
            self._carried.popitem(last=False)
        return header

    def presented(
        self, worker: str, protection: Protection, header: bytes, cookie: str | None, host: str
    ) -> Presented:
        keys = protection.keys
        texts = tokens([header]) if header else []
        return Presented(
            header=tuple(self.read_token(text, worker, keys) for text in texts),
            cookie=None if cookie is None else self.read_token(cookie, worker, keys),
            host=host_name(host),
            now=self._clock(),
        )

    def read_token(self, token: str, worker: str, keys: Mapping[str, bytes]) -> TokenResult:
        """Cached `permission_token.read_token`."""
        found = self._read.get((worker, token))
        if found is None:
            found = _token_reader()(token, worker, keys)
            if len(token) <= _LONGEST_REMEMBERED:
                self._read[worker, token] = found
        return found


@cache
def _token_reader() -> Reader:
    """Imported with the first token, to save memory where the feature is off."""
    from routing.rules.permissions.token import read_token

    return read_token


def protection_of(worker: WorkerSpec | None) -> Protection:
    """A key that is not valid Base64 is left out, so what it signed is refused."""
    overrides = worker.overrides if worker else None
    if overrides is None:
        return UNPROTECTED
    keys = {name: raw for name, text in overrides.keys.items() if (raw := _decoded(text))}
    return Protection(overrides.protected, keys, frozenset(overrides.revoked))


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if len(raw) == 32 else b""
