"""When Durable Objects are to be woken, on disk. One alarm per object, as on Cloudflare."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.compile import names

FILE = Path(names.OBJECTS_FOLDER) / "alarms.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS alarm (
  namespace TEXT NOT NULL, object TEXT NOT NULL, name TEXT, scheduled_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL, retries INTEGER NOT NULL DEFAULT 0, serial INTEGER NOT NULL,
  PRIMARY KEY (namespace, object)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alarm_due ON alarm (due_ms);
"""
_COLUMNS = "namespace, object, name, scheduled_ms, due_ms, retries, serial"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Times are Unix milliseconds. `due_ms` is later than `scheduled_ms` after a failure. A change
    has another `serial`."""

    namespace: str
    object_id: str
    name: str | None
    scheduled_ms: int
    due_ms: int
    retries: int
    serial: int


class AlarmStore:
    """Every method raises `sqlite3.Error` if the disk does not take it."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file
        self._opened: sqlite3.Connection | None = None

    def get(self, namespace: str, object_id: str) -> Alarm | None:
        if self._opened is None and not self._file.exists():
            return None
        where = "namespace = ? AND object = ?"
        return next(iter(self._select(where, namespace, object_id)), None)

    def set(self, namespace: str, object_id: str, name: str | None, scheduled_ms: int) -> None:
        """Replaces the object's alarm."""
        sql = (
            "INSERT INTO alarm VALUES (?, ?, ?, ?, ?, 0, abs(random())) ON CONFLICT DO UPDATE SET "
            "name = coalesce(excluded.name, name), scheduled_ms = excluded.scheduled_ms, "
            "due_ms = excluded.due_ms, retries = 0, serial = excluded.serial"
        )
        self._run(sql, namespace, object_id, name, scheduled_ms, scheduled_ms)

    def delete(self, namespace: str, object_id: str) -> None:
        if self.get(namespace, object_id) is not None:
            self._run("DELETE FROM alarm WHERE namespace = ? AND object = ?", namespace, object_id)

    def delete_namespace(self, namespace: str) -> None:
        if self._opened is not None or self._file.exists():
            self._run("DELETE FROM alarm WHERE namespace = ?", namespace)

    def finish(self, alarm: Alarm) -> None:
        """It has rung. Does nothing if the object has set another one meanwhile."""
        self._run(
            "DELETE FROM alarm WHERE object = ? AND serial = ?", alarm.object_id, alarm.serial
        )

    def postpone(self, alarm: Alarm, due_ms: int, *, retries: int) -> None:
        """As `finish`, but it rings again."""
        sql = "UPDATE alarm SET due_ms = ?, retries = ? WHERE object = ? AND serial = ?"
        self._run(sql, due_ms, retries, alarm.object_id, alarm.serial)

    def due(self, now_ms: int, most: int, without: Sequence[str] = ()) -> list[Alarm]:
        """The earliest first; none of the namespaces `without`."""
        if self._opened is None and not self._file.exists():
            return []
        marks = ", ".join("?" * len(without))
        where = f"due_ms <= ? AND namespace NOT IN ({marks}) ORDER BY due_ms LIMIT ?"
        return self._select(where, now_ms, *without, most)

    def next_due_ms(self, after_ms: int = -1) -> int | None:
        """When the first one after `after_ms` is due."""
        if self._opened is None and not self._file.exists():
            return None
        sql = "SELECT min(due_ms) FROM alarm WHERE due_ms > ?"
        (found,) = self._connection().execute(sql, (after_ms,)).fetchone()
        return found if found is None else int(found)

    def _select(self, where: str, *values: object) -> list[Alarm]:
        sql = f"SELECT {_COLUMNS} FROM alarm WHERE {where}"  # noqa: S608 (both are ours)
        return [Alarm(*row) for row in self._connection().execute(sql, values)]

    def _run(self, sql: str, *values: object) -> None:
        with self._connection() as connection:
            connection.execute(sql, values)

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            connection = sqlite3.connect(self._file)
            self._file.chmod(0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            self._opened = connection
        return self._opened
