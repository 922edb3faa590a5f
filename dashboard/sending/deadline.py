"""A time limit for a whole request, which httpx does not have."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Self


class Cancellation:
    """Set once, from any thread, when the result is no longer needed; then calls its listeners."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self.cancelled = False

    def cancel(self) -> None:
        with self._lock:
            self.cancelled = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def add(self, listener: Callable[[], None]) -> None:
        """Calls `listener` on `cancel`; at once where that has happened already."""
        with self._lock:
            if not self.cancelled:
                self._listeners.append(listener)
                return
        listener()

    def remove(self, listener: Callable[[], None]) -> None:
        with self._lock, suppress(ValueError):
            self._listeners.remove(listener)


@contextmanager
def within(seconds: float, also: Cancellation | None = None) -> Iterator[Cancellation]:
    """Cancelled after `seconds`, or with `also`: one limit for many requests."""
    both = Cancellation()
    timer = threading.Timer(seconds, both.cancel)
    timer.daemon = True
    timer.start()
    if also:
        also.add(both.cancel)
    try:
        yield both
    finally:
        timer.cancel()
        if also:
            also.remove(both.cancel)


class Deadline:
    """Closes the connection after `seconds`.

    httpx limits each read and write only, which a slow body never reaches; its `trace` extension
    has the socket. A body whose connection was closed here looks complete: check `passed` and
    `cancelled`.
    """

    def __init__(self, seconds: float, cancellation: Cancellation | None = None) -> None:
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True
        self._cancellation = cancellation
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.passed = False
        self.cancelled = False

    def __enter__(self) -> Self:
        self._timer.start()
        if self._cancellation:
            self._cancellation.add(self._cancel)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._cancellation:
            self._cancellation.remove(self._cancel)

    @property
    def cut(self) -> bool:
        return self.passed or self.cancelled

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpx at every step."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.cut:
                    self._shut()

    def _pass(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _cancel(self) -> None:
        with self._lock:
            self.cancelled = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
