"""Versions with a `scheduled()` handler, edges that deliver events, and schedules."""

from datetime import UTC, datetime

from django.utils import timezone

from routing.agent.inspection.inspection import Inspection
from routing.models import Schedule, Worker
from routing.snapshot import Export
from tests.factories import make_deployment, make_edge, make_version

MINUTE = datetime(2026, 11, 30, 12, 5, tzinfo=UTC)
SECOND = MINUTE.replace(second=1)


def with_handler(*_, **__):
    handlers = ("fetch", "scheduled")
    return Inspection(
        exports=(Export(name="default", kind="object", handlers=handlers),), startup_ms=3
    )


def scheduled_worker(name="shop", *crons, split=(100,), inspect=with_handler):
    """A Worker with a version for each percentage."""
    shares = [(make_version(name, inspect=inspect), share) for share in split]
    worker = Worker.objects.get(name=name)
    make_deployment(worker, *shares)
    now = timezone.now()
    Schedule.objects.bulk_create(
        Schedule(worker=worker, cron=cron, created_on=now, modified_on=now) for cron in crons
    )
    return worker


def delivering_edge(name="local-1", now=SECOND, **fields):
    return make_edge(name, last_seen_on=now, up_at=now, delivers_events=True, **fields)
