"""Decides what happens to the processes an earlier agent left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from routing.agent.base.process_notes import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """`versions` and `envoy` are adopted, `leaving` are adopted and drained, `kill` never became
    ready, `ended` are gone."""

    envoy: Note | None = None
    versions: tuple[Note, ...] = ()
    leaving: tuple[Note, ...] = ()
    kill: tuple[Note, ...] = ()
    ended: tuple[Note, ...] = ()


NOTHING_INHERITED = Inherited()


def classify(notes: Iterable[Note], running: Collection[int]) -> Inherited:
    """`running` are the ids of processes that have not ended.

    Two processes of one version, or two Envoys, exist if the agent was killed during a replacement:
    the newest one that is ready is adopted.
    """
    listed = tuple(notes)
    alive = [note for note in listed if note.process.pid in running]
    serving = [note for note in alive if note.ready and not note.stopping]
    versions: dict[str, Note] = {}
    for note in sorted(serving, key=_age):
        if note.version is not None:
            versions[note.version.id] = note
    envoys = sorted((note for note in serving if note.envoy is not None), key=_age)
    envoy = envoys[-1] if envoys else None
    adopted = (*versions.values(), *([envoy] if envoy else ()))
    known = [note for note in alive if note.envoy is not None or note.version is not None]
    leaving = tuple(note for note in known if note.ready and note not in adopted)
    return Inherited(
        envoy=envoy,
        versions=tuple(versions.values()),
        leaving=leaving,
        kill=tuple(note for note in alive if note not in adopted and note not in leaving),
        ended=tuple(note for note in listed if note.process.pid not in running),
    )


def _age(note: Note) -> tuple[int, str]:
    """Start times of one boot differ only in their last number, whose length grows."""
    return len(note.process.started), note.process.started
