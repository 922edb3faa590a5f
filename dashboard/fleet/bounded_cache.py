"""What this process remembers, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

from cachetools import FIFOCache

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The newest `most` of what was added. Requests run in threads, and a cache of cachetools must
    not be used by two at once (its documentation, "Cache implementations")."""

    def __init__(self, most: int) -> None:
        self._cache: FIFOCache[K, V] = FIFOCache(most)
        self._lock = Lock()

    def of(self, keys: Iterable[K]) -> dict[K, V]:
        """What is known of these."""
        with self._lock:
            return {key: self._cache[key] for key in keys if key in self._cache}

    def add(self, found: Mapping[K, V]) -> None:
        with self._lock:
            self._cache.update(found)

    def clear(self) -> None:
        with self._lock:
            self._cache.clear()

    def __len__(self) -> int:
        return len(self._cache)
