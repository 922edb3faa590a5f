"""Converts between a note and the edge's state of a version's process. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from routing.agent.base.process_notes import Note, VersionNote
from routing.agent.state.actions import Start
from routing.agent.state.state import Phase, Process, ProcessState
from routing.snapshot import Preview, Snapshot, VersionSpec


def note_of(process: Process, fingerprint: str) -> VersionNote:
    """Without listeners, which only the start of the process knows."""
    version = process.version
    return VersionNote(
        id=version.id,
        worker=process.worker,
        number=version.number,
        created_on=version.created_on,
        compatibility_date=version.compatibility_date,
        exports=version.exports,
        objects=version.objects,
        slot=process.slot,
        fingerprint=fingerprint,
        listeners={},
        restarts=process.restarts,
        since=process.since,
        starts=process.starts,
        end=process.end,
    )


def process_of(note: Note, about: VersionNote) -> Process:
    """The version lacks modules and bindings until a snapshot names it; that is enough to route to
    it and to end it."""
    return Process(
        worker=about.worker,
        version=VersionSpec(
            id=about.id,
            number=about.number,
            created_on=about.created_on,
            compatibility_date=about.compatibility_date,
            exports=about.exports,
            objects=about.objects,
        ),
        slot=about.slot,
        since=about.since,
        state=ProcessState.running,
        phase=Phase.stopping if note.stopping else Phase.live,
        restarts=about.restarts,
        end=about.end,
        starts=about.starts,
    )


def starts_of(
    waiting: Mapping[str, int], snapshots: Iterable[Snapshot], previews: Mapping[str, Preview]
) -> dict[str, Start]:
    """How to start the versions in `waiting` (id: slot) that a snapshot or a preview names."""
    named = {
        version.id: (worker.name, version)
        for snapshot in snapshots
        for worker in snapshot.workers
        for version in worker.versions
        if version.id in waiting
    }
    named |= {key: (p.worker, p.version) for key, p in previews.items() if key in waiting}
    return {key: Start(worker, version, waiting[key]) for key, (worker, version) in named.items()}
