"""How far a job is behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.exports.models import Job
from routing.models import Invocation


@dataclass(frozen=True, slots=True)
class Lag:
    """`records` that may have to be sent, at most; `age` of the oldest of them."""

    records: int
    age: timedelta


def lag_of(job: Job, newest: int, now: datetime) -> Lag:
    """`newest` is the newest invocation's id."""
    first = Invocation.objects.filter(id__gt=job.cursor).order_by("id").only("started_on").first()
    age = max(timedelta(0), now - first.started_on) if first else timedelta(0)
    return Lag(max(0, newest - job.cursor) if first else 0, age)
