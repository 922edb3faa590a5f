"""What the edges report about the processes of single versions: faults, and when they started."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast

from dashboard.fleet.edge_condition import SILENT_AFTER
from dashboard.observability.queries.health import ENDS
from routing.agent.base.process_end import EndKind
from routing.models import Edge

_FAULTS_BY_STATE = {"failed": "start", "hung": "hang", "backoff": "crash"}
"""What a state says by itself, for agents of earlier releases, which report no ends."""

_NOT_RUNNING = frozenset({"starting", *_FAULTS_BY_STATE})


@dataclass(frozen=True, slots=True)
class ProcessFault:
    """`kind` is start, crash, hang or memory; `message` is the runtime's own."""

    edge: str
    kind: str
    message: str = ""


class _End(msgspec.Struct, gc=False):
    kind: str = ""
    at: datetime | None = None
    message: str = ""


class _Process(msgspec.Struct, gc=False):
    state: str = ""
    message: str | None = ""
    starts: list[datetime] = []
    end: _End | None = None


class _Status(msgspec.Struct):
    versions: dict[str, _Process] | None = None


@dataclass(frozen=True, slots=True)
class ProcessReports:
    """Each edge's last report about some versions. `heard_at` by edge."""

    processes: tuple[tuple[str, str, _Process], ...]
    heard_at: dict[str, datetime]

    def faults(self, version_id: object, since: datetime, now: datetime) -> list[ProcessFault]:
        """Unexpected ends since `since`, by edge; and states that say so now, where the edge is not
        silent. An edge that could not start it for reasons of its own is no fault of the version.
        """
        return [
            ProcessFault(edge, kind, (process.end and process.end.message) or process.message or "")
            for edge, process in self._of(version_id)
            if (kind := self._kind(edge, process, since, now))
        ]

    def ends(self, version_id: object) -> list[tuple[str, datetime, str, str]]:
        """(edge, time, what, why) of the last unexpected end at each edge that had one, however
        long ago and though it runs again."""
        return [
            (edge, end.at, ENDS.get(end.kind, "could not be started by this machine"), end.message)
            for edge, process in self._of(version_id)
            if (end := process.end) and end.at
        ]

    def not_running(self, version_id: object, now: datetime) -> list[str]:
        """Edges where its process is on its way, or ended; not those where it leaves, nor silent
        ones."""
        return [
            edge
            for edge, process in self._of(version_id)
            if process.state in _NOT_RUNNING and now - self.heard_at[edge] <= SILENT_AFTER
        ]

    def starts(self, since: datetime) -> list[datetime]:
        """When any of the versions' processes became ready at some edge, from `since` on."""
        times = (at for _, _, process in self.processes for at in process.starts)
        return sorted(at for at in times if at >= since)

    def _of(self, version_id: object) -> Iterator[tuple[str, _Process]]:
        for edge, version, process in self.processes:
            if version == str(version_id):
                yield edge, process

    def _kind(self, edge: str, process: _Process, since: datetime, now: datetime) -> str:
        end = process.end
        if end and end.at and end.at >= since and end.kind != EndKind.edge:
            return end.kind
        if (end and end.kind == EndKind.edge) or now - self.heard_at[edge] > SILENT_AFTER:
            return ""
        return _FAULTS_BY_STATE.get(process.state, "")


def process_reports(version_ids: Collection[object]) -> ProcessReports:
    """One query. Reports of thousands of versions are long: only those with one of these ids are
    decoded."""
    ids = {str(version_id) for version_id in version_ids}
    heard = Edge.objects.exclude(last_seen_on=None).order_by("name")
    rows = heard.values_list("name", "last_seen_on", Cast("status", TextField()))
    processes, heard_at = [], {}
    for edge, seen_at, status in rows:
        heard_at[edge] = seen_at
        if any(version_id in status for version_id in ids):
            versions = _decoder.decode(status).versions or {}
            processes += [(edge, i, versions[i]) for i in sorted(ids & versions.keys())]
    return ProcessReports(tuple(processes), heard_at)


_decoder = msgspec.json.Decoder(_Status)
