"""What becomes of the processes that an earlier agent left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from routing.agent.adoption.notes import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """`versions` serve and are adopted, `leaving` are adopted to be ended with grace, `kill` never
    became ready. `ended` have ended since they were noted."""

    envoy: Note | None = None
    versions: tuple[Note, ...] = ()
    leaving: tuple[Note, ...] = ()
    kill: tuple[Note, ...] = ()
    ended: tuple[Note, ...] = ()


NOTHING = Sorted()


def sort_out(notes: Iterable[Note], running: Collection[int]) -> Sorted:
    """`running` are the ids of noted processes that have not ended.

    Two processes of one version, or two Envoys, are left when the agent was killed while one
    replaced the other: the newer one that is ready goes on.
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
    return Sorted(
        envoy=envoy,
        versions=tuple(versions.values()),
        leaving=leaving,
        kill=tuple(note for note in alive if note not in adopted and note not in leaving),
        ended=tuple(note for note in listed if note.process.pid not in running),
    )


def _age(note: Note) -> tuple[int, str]:
    """Start times of one boot differ in their last number only, of growing length."""
    return len(note.process.started), note.process.started
