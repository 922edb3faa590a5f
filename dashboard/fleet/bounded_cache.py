"""A per-process cache with a maximum size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

from cachetools import FIFOCache

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Keeps the newest `maxsize` items. The lock is needed because cachetools' caches are not
    thread-safe."""

    def __init__(self, maxsize: int) -> None:
        self._cache: FIFOCache[K, V] = FIFOCache(maxsize)
        self._lock = Lock()

    def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """The cached items among `keys`."""
        with self._lock:
            return {key: self._cache[key] for key in keys if key in self._cache}

    def update(self, items: Mapping[K, V]) -> None:
        with self._lock:
            self._cache.update(items)

    def clear(self) -> None:
        with self._lock:
            self._cache.clear()

    def __len__(self) -> int:
        return len(self._cache)
