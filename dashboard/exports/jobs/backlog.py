"""How far a job is behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max

from dashboard.exports.models import Job
from routing.models import Invocation

_LAST_GIVEN = {
    "postgresql": "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)",
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = %s",
}


@dataclass(frozen=True, slots=True)
class Lag:
    """`records` that may have to be sent, at most; `age` of the oldest of them."""

    records: int
    age: timedelta


def lag_of(job: Job, newest: int, now: datetime) -> Lag:
    """`newest` is the newest invocation's id."""
    first = Invocation.objects.filter(id__gt=job.cursor).order_by("id").only("started_on").first()
    age = max(timedelta(0), now - first.started_on) if first else timedelta(0)
    return Lag(max(0, newest - first.pk + 1) if first else 0, age)


def newest_id() -> int:
    """The last id that was given to an invocation; 0 if none ever was.

    Ids are given on where rows were deleted or rolled back, and nothing tells where but this.
    """
    top = Invocation.objects.aggregate(top=Max("id"))["top"]
    if top is None:
        with connection.cursor() as query:
            query.execute(_LAST_GIVEN[connection.vendor], [Invocation._meta.db_table])
            row = query.fetchone()
            top = row[0] if row else 0
    return int(top or 0)
