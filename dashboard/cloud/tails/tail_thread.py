"""One tail: opens it, receives, renews it before it ends, connects again after a failure."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import DatabaseError, connections
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from dashboard.cloud import messages
from dashboard.cloud.client import values
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.proof.evidence import TailState
from dashboard.cloud.proof.trace_message import Invocation, Notice, parse_message
from routing.agent.base.backoff import Backoff

log = logging.getLogger(__name__)
RENEW_SECONDS = 45 * 60.0
"""A tail dies silently after about an hour."""
RENEW_BEFORE = 60.0
"""Seconds before the end that the API names."""
RECEIVE_SECONDS = 0.25
REMEMBERED = 500


class Socket(Protocol):
    """Of `websockets`."""

    def recv(self, timeout: float | None = None) -> str | bytes: ...

    def close(self) -> None: ...


class Client(Protocol):
    def open_tail(self, name: str, header: str = ...) -> values.Tail: ...

    def close_tail(self, name: str, tail_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Received:
    invocation: Invocation
    at: datetime


@dataclass(frozen=True, slots=True)
class Sampled:
    """The tail drops events from `at` on, or no longer."""

    at: datetime
    ends: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """The tail's state. `unbroken`: it was renewed, and nothing was missed."""

    state: TailState
    at: datetime
    problem: str = ""
    unbroken: bool = False


Report = Received | Sampled | Changed


@dataclass(frozen=True, slots=True)
class _Session:
    tail: values.Tail
    socket: Socket
    renew_at: float


class TailThread(threading.Thread):
    """`connect(client, url)` opens the WebSocket; `make_client` may query the database."""

    def __init__(
        self,
        worker: str,
        header: str,
        make_client: Callable[[], Client],
        connect: Callable[[str], Socket],
    ) -> None:
        super().__init__(name=f"tail {worker}", daemon=True)
        self._worker, self._header = worker, header
        self._make_client, self._connect = make_client, connect
        self.reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._stop_requested, self._renewal = threading.Event(), threading.Event()
        self._backoff = Backoff(first=1.0, most=60.0)
        self._known: deque[tuple[str, datetime]] = deque(maxlen=REMEMBERED)

    def stop(self) -> None:
        """Closes the tail; does not wait."""
        self._stop_requested.set()

    def renew(self) -> None:
        """Opens the tail again: it sends nothing, though it should."""
        self._renewal.set()

    def run(self) -> None:
        while not self._stop_requested.is_set():
            self._report(TailState.OPENING)
            try:
                session = self._open_session()
                self._backoff.worked()
                self._report(TailState.OPEN)
                self._receive(session)
            except CloudError as error:
                self._refused(error)
            except DatabaseError:
                self._stop_requested.wait(self._backoff.failed())
            except Exception:  # a guard: the tail of a dead thread would be called open for good
                log.exception("tail of %s: fault", self._worker)
                self._report(TailState.REFUSED, messages.TAIL_CLOSED)
                self._stop_requested.wait(self._backoff.failed())
        self._report(TailState.OFF)

    # --- One session ----------------------------------------------------------------------------

    def _open_session(self) -> _Session:
        try:
            tail = self._make_client().open_tail(self._worker, self._header)
        finally:
            connections.close_all()
        try:
            socket = self._connect(tail.url)
        except Exception:
            self._give_back(tail)
            raise
        return _Session(tail, socket, time.monotonic() + self._lasts(tail))

    def _lasts(self, tail: values.Tail) -> float:
        """Seconds until it is renewed."""
        if tail.expires_at is None:
            return RENEW_SECONDS
        left = (tail.expires_at - timezone.now()).total_seconds() - RENEW_BEFORE
        return max(RENEW_BEFORE, min(RENEW_SECONDS, left))

    def _receive(self, session: _Session) -> None:
        """Until it ends or is stopped."""
        self._renewal.clear()
        try:
            while not self._stop_requested.is_set():
                if self._renewal.is_set() or time.monotonic() >= session.renew_at:
                    session = self._renewed_session(session)
                with suppress(TimeoutError):
                    self._take_message(session.socket.recv(timeout=RECEIVE_SECONDS))
        except ConnectionClosed:
            self._report(TailState.REFUSED, messages.TAIL_CLOSED)
            self._stop_requested.wait(self._backoff.failed())
        finally:
            self._close_session(session)

    def _renewed_session(self, session: _Session) -> _Session:
        """The new tail is open before the old one closes, so nothing is missed. If it cannot be
        opened the old one goes on for a while."""
        doubted = self._renewal.is_set()
        self._renewal.clear()
        try:
            new = self._open_session()
        except (CloudError, DatabaseError):
            return _Session(session.tail, session.socket, time.monotonic() + RENEW_BEFORE)
        with suppress(TimeoutError, ConnectionClosed):
            while True:
                self._take_message(session.socket.recv(timeout=0))
        self._close_session(session)
        self._report(TailState.OPEN, unbroken=not doubted)
        return new

    def _close_session(self, session: _Session) -> None:
        with suppress(Exception):  # whatever state it is in
            session.socket.close()
        self._give_back(session.tail)

    def _give_back(self, tail: values.Tail) -> None:
        """Gives its place back. A tail that cannot be deleted expires."""
        try:
            with suppress(CloudError, DatabaseError):
                self._make_client().close_tail(self._worker, tail.id)
        finally:
            connections.close_all()

    # --- What is reported -----------------------------------------------------------------------

    def _take_message(self, text: str | bytes) -> None:
        message, now = parse_message(text), timezone.now()
        if isinstance(message, Notice):
            self.reports.put(Sampled(now, ends=message is Notice.OVERLOAD_ENDS))
        elif message is not None:
            key = (message.event.ray, message.event.at)
            if key not in self._known:  # two tails are open during a renewal
                self._known.append(key)
                self.reports.put(Received(message, now))

    def _refused(self, error: CloudError) -> None:
        state = TailState.FULL if error.kind is Kind.TAIL_FULL else TailState.REFUSED
        self._report(state, error.message)
        self._stop_requested.wait(max(error.wait, self._backoff.failed()))

    def _report(self, state: TailState, problem: str = "", *, unbroken: bool = False) -> None:
        self.reports.put(Changed(state, timezone.now(), problem, unbroken))
