"""One row a request, from a tail, stored logs, or both. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit


class Source(StrEnum):
    TAIL = "tail"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class LogRow:
    """`lines` are (level, text): console lines, then exceptions. Times in ms."""

    ray: str
    at: datetime
    version_id: str
    method: str
    url: str
    outcome: str
    status: int | None
    wall_ms: float | None
    sources: tuple[Source, ...]
    lines: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        try:
            parts = urlsplit(self.url)
        except ValueError:  # whatever a client sent
            return self.url
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    @property
    def bad(self) -> bool:
        failed = self.outcome not in ("", "ok", "canceled", "responseStreamDisconnected")
        return failed or (self.status or 0) >= 500

    @property
    def source_words(self) -> str:
        return ", ".join(self.sources)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """`text` is searched for in the path, the console lines and the ray."""

    version_id: str = ""
    bad_only: bool = False
    text: str = ""

    def matches(self, row: LogRow) -> bool:
        if self.version_id and row.version_id != self.version_id:
            return False
        if self.bad_only and not row.bad:
            return False
        if not self.text:
            return True
        searched = [row.path, row.ray, *(text for _, text in row.lines)]
        return any(self.text.lower() in part.lower() for part in searched)


def merged(tailed: Sequence[LogRow], stored: Sequence[LogRow]) -> list[LogRow]:
    """Newest first. A request with both sources is one row, with what the tail has of it."""
    rows: dict[str, LogRow] = {}
    alone: list[LogRow] = []
    for row in [*tailed, *stored]:
        known = rows.get(row.ray) if row.ray else None
        if not row.ray:
            alone.append(row)
        elif known is None:
            rows[row.ray] = row
        elif known.version_id in ("", row.version_id) or not row.version_id:
            rows[row.ray] = _joined(known, row)
        else:  # a Worker that called itself; its requests share a ray
            alone.append(row)
    return sorted([*rows.values(), *alone], key=lambda row: row.at, reverse=True)


def chosen(rows: Iterable[LogRow], given: LogFilter, most: int) -> list[LogRow]:
    return [row for row in rows if given.matches(row)][:most]


def _joined(first: LogRow, second: LogRow) -> LogRow:
    sources = tuple(dict.fromkeys((*first.sources, *second.sources)))
    return replace(
        first,
        sources=sources,
        version_id=first.version_id or second.version_id,
        status=first.status if first.status is not None else second.status,
        lines=first.lines or second.lines,
    )
