"""Which version answers at a host name, as the control plane says; cached briefly.

Anyone can make up names, so unknown ones never delay or evict valid ones: they have their own table
and concurrency limit, and a rate limit per client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cachetools import LRUCache

from routing.agent.answers.client_rates import ClientRates
from routing.agent.base import messages
from routing.agent.control_plane.client import ControlPlaneUnavailable, NotFound
from routing.compile.envoy.routes import RETRY_AFTER_SECONDS, no_worker_message
from routing.snapshot import Preview

FRESH_SECONDS = 1.0
"""An alias moves with an upload, and a Worker's previews can be switched off."""
_KEPT = 512
_AT_ONCE, _UNKNOWN_AT_ONCE = 4, 4
_BURST, _PER_SECOND = 40, 10.0
"""Unknown names per client address."""

Find = Callable[[str], Awaitable[Preview]]


class PreviewRefused(Exception):
    """Answered with `status` and the message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PreviewLimit(PreviewRefused):
    """Too many from one client address."""

    def __init__(self, seconds: int) -> None:
        super().__init__(429, messages.rate_limited(seconds))
        self.seconds = seconds


class PreviewLater(PreviewRefused):
    """Not yet."""

    def __init__(self, message: str) -> None:
        super().__init__(503, message)
        self.seconds = RETRY_AFTER_SECONDS


@dataclass(frozen=True, slots=True)
class _Known:
    at: float
    preview: Preview | None
    refusal: str = ""


class PreviewNames:
    """`find` queries the control plane for one label; `domain` is where Workers answer."""

    def __init__(
        self,
        find: Find,
        domain: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find, self._domain, self._clock = find, domain, clock
        self._known: LRUCache[str, _Known] = LRUCache(_KEPT)
        self._missing: LRUCache[str, _Known] = LRUCache(_KEPT)
        self._asking = asyncio.Semaphore(_AT_ONCE)
        self._asking_unknown = asyncio.Semaphore(_UNKNOWN_AT_ONCE)
        self._rates = ClientRates(_BURST, _PER_SECOND, clock)

    async def preview(self, host: str, client: str = "") -> Preview:
        """The version that answers at `host`. Raises `PreviewRefused`."""
        label = self._label(host)
        known = self._known.get(label) or self._missing.get(label)
        if known is None or self._clock() - known.at >= FRESH_SECONDS:
            if label not in self._known and (wait := self._rates.seconds_to_wait(client)):
                raise PreviewLimit(wait)
            known = await self._ask(label, known)
        if known.preview is None:
            raise PreviewRefused(404, known.refusal)
        return known.preview

    def _label(self, host: str) -> str:
        """The part before the domain, if it can be a Worker's or a version's name."""
        name, _, port = host.rpartition(":")
        name = (name if port.isdigit() else host).lower().rstrip(".")
        label = name.removesuffix(f".{self._domain()}")
        if label == name or not 0 < len(label) <= 63 or "." in label:
            raise PreviewRefused(404, no_worker_message(self._domain()).strip())
        return label

    async def _ask(self, label: str, before: _Known | None) -> _Known:
        """While the control plane is unavailable the cached answer is used."""
        try:
            async with self._asking if label in self._known else self._asking_unknown:
                found = _Known(self._clock(), await self._find(label))
        except NotFound as error:
            found = _Known(
                self._clock(), None, error.message or no_worker_message(self._domain()).strip()
            )
        except ControlPlaneUnavailable as error:
            if before is not None:
                return before
            if "-" not in label:  # not a version's address, so the Worker does not exist
                raise PreviewRefused(404, no_worker_message(self._domain()).strip()) from error
            raise PreviewRefused(503, messages.preview_unknown(error)) from error
        self._known.pop(label, None)
        (self._missing if found.preview is None else self._known)[label] = found
        return found
