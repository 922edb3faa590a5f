"""Entries as CSV or JSON lines, a batch at a time: the whole trail fits into no memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, TypeAlias

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, StreamingHttpResponse

from dashboard.live.channel.database import in_database
from dashboard.trail.entry_filter import EntryFilter
from routing.models import AuditEntry, AuditSeal
from routing.trail.chain import content

Form: TypeAlias = Literal["csv", "jsonl"]
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
BATCH = 500
COLUMNS = (
    "at",
    "actor",
    "action",
    "subject",
    "source",
    "token",
    "address",
    "request_id",
    "before",
    "after",
    "position",
    "previous",
    "hash",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Spreadsheets run cells that begin so (OWASP, "CSV Injection")."""


def response(
    request: HttpRequest, chosen: EntryFilter, form: str, now: datetime
) -> StreamingHttpResponse:
    """The file as a download."""
    if form not in CONTENT_TYPES:
        raise Http404
    # Under ASGI Django would read a plain iterator to its end before it sends a byte.
    is_async = isinstance(request, ASGIRequest)
    body = stream_async(chosen, form) if is_async else stream(chosen, form)
    answer = StreamingHttpResponse(body, content_type=CONTENT_TYPES[form])
    name = f"sluice-audit-{now:%Y%m%d-%H%M%S}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def stream(chosen: EntryFilter, form: str) -> Iterator[str]:
    """The file in pieces."""
    yield head(form)
    last: int | None = None
    while batch := _batch(chosen, last):
        last = batch[-1][0]
        yield write([row for _, row in batch], form)


async def stream_async(chosen: EntryFilter, form: str) -> AsyncIterator[str]:
    """As `stream`, from the event loop."""
    yield head(form)
    last: int | None = None
    while batch := await _batch_in_database(chosen, last):
        last = batch[-1][0]
        yield write([row for _, row in batch], form)


def head(form: str) -> str:
    return ",".join(COLUMNS) + "\r\n" if form == "csv" else ""


def write(rows: Iterable[dict[str, Any]], form: str) -> str:
    """The rows as lines."""
    if form == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([cell(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


def cell(value: Any) -> str:
    """One cell of a CSV file; what a spreadsheet would run gets an apostrophe in front."""
    if value is None:
        return ""
    text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def rows_of(entries: list[AuditEntry]) -> list[dict[str, Any]]:
    """Each entry's content and its seal: enough to compute the chain again elsewhere."""
    ids = [entry.pk for entry in entries]
    seals = {seal.entry_id: seal for seal in AuditSeal.objects.filter(entry_id__in=ids)}
    return [content(entry) | _link(seals.get(entry.pk)) for entry in entries]


def _link(seal: AuditSeal | None) -> dict[str, Any]:
    if seal is None:
        return {"position": None, "previous": None, "hash": None}
    return {"position": seal.position, "previous": seal.previous, "hash": seal.hash}


def _batch(chosen: EntryFilter, last: int | None) -> list[tuple[int, dict[str, Any]]]:
    """The next entries below the id `last`, with their ids."""
    matching = chosen.entries()
    entries = list((matching if last is None else matching.filter(pk__lt=last))[:BATCH])
    return [(e.pk, row) for e, row in zip(entries, rows_of(entries), strict=True)]


_batch_in_database = in_database(_batch)
