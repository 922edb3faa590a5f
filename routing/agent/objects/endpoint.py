"""What versions ask and tell on the agent's socket: where objects run, and their alarms."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Mapping

import msgspec

from routing.agent.base.unix_http_server import Request, Response
from routing.agent.objects.alarm_clock import AlarmClock
from routing.agent.objects.alarm_store import AlarmStore
from routing.agent.state.state import Process
from routing.agent.users.peers import Peer

log = logging.getLogger("edge")

PATH = "/objects/alarm"
JSON = ((b"content-type", b"application/json"),)


_ID = re.compile("[0-9a-f]{64}")
_LATEST = 8.64e15
"""The last time that a Date of JavaScript can have."""


class _Change(msgspec.Struct):
    """`read` asks for the time, else `at` replaces it; None removes the alarm."""

    namespace: str
    id: str
    name: str | None = None
    at: float | None = None
    read: bool = False


class AlarmEndpoint:
    """`POST /objects/alarm`. A version changes alarms of its own namespaces only."""

    def __init__(
        self,
        store: AlarmStore,
        clock: AlarmClock,
        processes: Callable[[], Mapping[str, Process]],
        is_version_peer: Callable[[str, Peer | None], bool],
    ) -> None:
        self._store, self._clock = store, clock
        self._processes, self._is_version_peer = processes, is_version_peer

    def answer(self, request: Request) -> Response:
        """`{"at": milliseconds or null}`. 503 if the disk does not take it."""
        try:
            change = msgspec.json.decode(request.body, type=_Change)
        except msgspec.DecodeError:
            return Response(400)
        if not self._may(request, change.namespace) or not _ID.fullmatch(change.id):
            return Response(403)
        if change.at is not None and not 0 <= change.at <= _LATEST:
            return Response(400)
        try:
            at = self._read(change) if change.read else self._write(change)
        except (sqlite3.Error, OSError) as error:
            log.error("alarms cannot be stored: %s", error)
            return Response(503)
        return Response(200, JSON, msgspec.json.encode({"at": at}))

    def _may(self, request: Request, namespace: str) -> bool:
        version_id = b"".join(request.lines(b"x-edge-version")).decode("latin-1")
        process = self._processes().get(version_id)
        if process is None or not self._is_version_peer(version_id, request.peer):
            return False
        return any(of.namespace == namespace for of in process.version.objects)

    def _read(self, change: _Change) -> int | None:
        alarm = self._store.get(change.namespace, change.id)
        return alarm.scheduled_ms if alarm is not None else None

    def _write(self, change: _Change) -> int | None:
        if change.at is None:
            self._store.delete(change.namespace, change.id)
            return None
        at = round(change.at)
        self._store.set(change.namespace, change.id, change.name, at)
        self._clock.changed()
        return at
