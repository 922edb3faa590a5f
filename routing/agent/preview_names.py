"""Which version answers at a host name, or why none does: the control plane's word, kept for a
moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cachetools import LRUCache

from routing.agent.control import ControlAway, NotThere
from routing.compile.routes import lost
from routing.snapshot import Preview

FRESH_SECONDS = 1.0
"""An alias moves to another version with an upload, and a Worker's previews can be switched off."""
_KEPT = 512
_AT_ONCE = 4

Find = Callable[[str], Awaitable[Preview]]


class PreviewRefused(Exception):
    """The request gets `status` and these words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
        self._asking = asyncio.Semaphore(_AT_ONCE)

    async def preview(self, host: str) -> Preview:
        """The version that answers at `host`. Raises `PreviewRefused`."""
        label = self._label(host)
        known = self._known.get(label)
        if known is None or self._clock() - known.at >= FRESH_SECONDS:
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
            raise PreviewRefused(404, lost(self._domain()).strip())
        return label

    async def _ask(self, label: str, before: _Known | None) -> _Known:
        """What was known before holds while the control plane is away."""
        try:
            async with self._asking:
                found = _Known(self._clock(), await self._find(label))
        except NotThere as error:
            found = _Known(self._clock(), None, error.said or lost(self._domain()).strip())
        except ControlAway as error:
            if before is not None:
                return before
            if "-" not in label:  # no version's address: without a route there is no Worker
                raise PreviewRefused(404, lost(self._domain()).strip()) from error
            message = "Which version answers here is not known: the control plane is away"
            raise PreviewRefused(503, f"{message} ({error}).") from error
        self._known[label] = found
        return found
