"""The next lines of a job: read from the cursor on, filtered, sampled, packed."""

from __future__ import annotations

import gzip
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import Max, Min, QuerySet

from dashboard.exports.formats import spans
from dashboard.exports.formats.records import records
from dashboard.exports.jobs.filters import parse_filter
from dashboard.exports.jobs.options import FIELDS, Options, parse_options
from dashboard.exports.models import TRACES, Job
from routing.models import Invocation

RECORDS, BYTES, INTERVAL = 10_000, 5_000_000, 5
"""What counts where a job says 0: lines, bytes before packing, seconds."""
MOST_RECORDS, MOST_BYTES = 50_000, 50_000_000
"""A job cannot allow more: a batch is in memory."""
SETTLE_SECONDS = 3.0
_PIECE = 2_000


@dataclass(frozen=True, slots=True)
class Batch:
    """`first` and `last` are ids of invocations; `lines` is empty when none passed the filter."""

    first: int
    last: int
    lines: list[bytes]
    full: bool
    newest_on: datetime | None
    join: Callable[[list[bytes]], bytes] = b"".join

    @property
    def name(self) -> str:
        """The same for the same ids: a batch that is sent again replaces itself."""
        return f"{self.first:012}-{self.last:012}.log.gz"

    def packed(self) -> bytes:
        """Newline-delimited JSON (or one document of spans), gzip; the same for the same lines."""
        return gzip.compress(self.join(self.lines), compresslevel=6, mtime=0)


class Horizon:
    """The id up to which all rows and their details have arrived: the newest of a while ago.

    PostgreSQL gives ids before it commits, so a smaller one may appear after a larger one; and
    details travel on their own, a moment behind their invocation.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._settled = 0

    def look(self) -> int:
        """The horizon now."""
        now = time.monotonic()
        self._seen.append((now, Invocation.objects.aggregate(top=Max("id"))["top"] or 0))
        while self._seen[0][0] <= now - SETTLE_SECONDS:
            self._settled = self._seen.popleft()[1]
        return self._settled


def missed(job: Job) -> int:
    """How many rows went before this job read them, at most: they are pruned by age."""
    oldest = Invocation.objects.aggregate(bottom=Min("id"))["bottom"]
    return max(0, oldest - job.cursor - 1) if oldest else 0


def next_batch(job: Job, horizon: int) -> Batch | None:
    """What comes after the cursor, up to `batch_end` if it is set; None when there is nothing."""
    end = min(horizon, job.batch_end) if job.batch_end else horizon
    most = min(job.max_upload_records or RECORDS, MOST_RECORDS)
    room = min(job.max_upload_bytes or BYTES, MOST_BYTES)
    lines: list[bytes] = []
    last, newest_on, size, full = job.cursor, None, 0, False
    for row, line in _lines(job, _rows(job, end, most)):
        if line is not None:
            if lines and (size + len(line) > room or len(lines) >= most):
                full = True
                break
            lines.append(line)
            size += len(line)
        last, newest_on = row.pk, row.started_on
    if last == job.cursor:
        return None
    join = spans.document if job.dataset == TRACES else b"".join
    return Batch(job.cursor + 1, last, lines, full or len(lines) >= most, newest_on, join)


def _rows(job: Job, end: int, most: int) -> QuerySet[Invocation]:
    rows = Invocation.objects.filter(id__gt=job.cursor, id__lte=end).order_by("id")
    # A retry reads the same ids again, however few of them passed the filter.
    return rows.select_related("edge")[: max(most, _PIECE) if job.filter else most]


def _lines(job: Job, rows: QuerySet[Invocation]) -> Iterator[tuple[Invocation, bytes | None]]:
    """Each row with its line; None where the filter or the sample leaves it out."""
    if job.dataset == TRACES:
        yield from spans.lines(rows)
        return
    options, passes = parse_options(job.options), parse_filter(job.filter, FIELDS)
    for row, record in records(rows, options):
        wanted = options.takes(row.request_id) and passes(record)
        yield row, _line(record, options) if wanted else None


def _line(record: dict[str, object], options: Options) -> bytes:
    line = msgspec.json.encode({name: record[name] for name in options.fields}) + b"\n"
    return line.replace(b"${", b"x{") if options.no_lookups else line
