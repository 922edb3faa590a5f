"""Which version answers at a host name, or why none does: the control plane's word, kept for a
moment.

Names are cheap to make up, so those that are known neither wait for others nor make room for them:
unknown names are few at a time, limited for each client, and remembered in a table of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cachetools import LRUCache

from routing.agent.answers.client_rates import ClientRates
from routing.agent.control_plane.client import ControlAway, NotThere
from routing.compile.envoy.routes import no_worker_message
from routing.snapshot import Preview

FRESH_SECONDS = 1.0
"""An alias moves to another version with an upload, and a Worker's previews can be switched off."""
_KEPT = 512
_AT_ONCE, _UNKNOWN_AT_ONCE = 4, 4
_BURST, _PER_SECOND = 40, 10.0
"""Unknown names of one client address."""

Find = Callable[[str], Awaitable[Preview]]


class PreviewRefused(Exception):
    """The request gets `status` and these words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PreviewLimit(PreviewRefused):
    """Too many from one client address."""

    def __init__(self, seconds: int) -> None:
        plural = "" if seconds == 1 else "s"
        super().__init__(429, f"Rate limit reached. Try again in {seconds} second{plural}.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class _Known:
    at: float
    preview: Preview | None
    refusal: str = ""


class PreviewNames:
    """`find` asks the control plane about one label; `domain` is where Workers answer."""

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
        """What stands before the domain, if that can be a Worker's or a version's name at all."""
        name, _, port = host.rpartition(":")
        name = (name if port.isdigit() else host).lower().rstrip(".")
        label = name.removesuffix(f".{self._domain()}")
        if label == name or not 0 < len(label) <= 63 or "." in label:
            raise PreviewRefused(404, no_worker_message(self._domain()).strip())
        return label

    async def _ask(self, label: str, before: _Known | None) -> _Known:
        """What was known before holds while the control plane is away."""
        try:
            async with self._asking if label in self._known else self._asking_unknown:
                found = _Known(self._clock(), await self._find(label))
        except NotThere as error:
            found = _Known(
                self._clock(), None, error.said or no_worker_message(self._domain()).strip()
            )
        except ControlAway as error:
            if before is not None:
                return before
            if "-" not in label:  # no version's address: without a route there is no Worker
                raise PreviewRefused(404, no_worker_message(self._domain()).strip()) from error
            message = "Which version answers here is not known: the control plane is away"
            raise PreviewRefused(503, f"{message} ({error}).") from error
        self._known.pop(label, None)
        (self._missing if found.preview is None else self._known)[label] = found
        return found
