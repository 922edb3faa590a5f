"""Tail Workers on a Worker's Settings page: which Workers get its events, and whose it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.control.worker_settings import consumers, producers_of, tail_workers
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class TailChoices:
    """`choices` are other Workers that can be chosen, and whether each is; `producers` are those
    whose events it gets."""

    choices: tuple[tuple[str, bool], ...]
    producers: tuple[str, ...]
    error: str = ""


def tail_choices(
    worker: Worker, chosen: Sequence[str] | None = None, error: str = ""
) -> TailChoices:
    """`chosen` are the names in a form that was refused. Three queries."""
    names = consumers(worker.settings) if chosen is None else tuple(chosen)
    listed = sorted({*tail_workers(), *names} - {worker.name})
    return TailChoices(
        choices=tuple((name, name in names) for name in listed),
        producers=tuple(producers_of(worker.name)),
        error=error,
    )
