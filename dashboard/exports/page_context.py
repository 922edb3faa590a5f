"""What the page of export jobs shows: four queries, and one for the backlog of each job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.exports.delivery.dead_letters import Undelivered, undelivered_by_job
from dashboard.exports.jobs.backlog import Lag, lag_of, newest_id
from dashboard.exports.models import Job
from routing.models import Worker

State = Literal["paused", "failing", "sending", "waiting"]


@dataclass(frozen=True, slots=True)
class JobCard:
    job: Job
    state: State
    lag: Lag
    undelivered: Undelivered


@dataclass(frozen=True, slots=True)
class JobForm:
    """What was typed. Never the destination, which may contain a secret."""

    name: str = ""
    sample: str = "100"


@dataclass(frozen=True, slots=True)
class ExportsPage:
    """`problem`: why the form was rejected, or empty."""

    jobs: tuple[JobCard, ...]
    can: Permission
    hosts: tuple[str, ...]
    workers: tuple[str, ...]
    form: JobForm
    problem: str


def exports_page(
    user: User, now: datetime, *, form: JobForm | None = None, problem: str = ""
) -> ExportsPage:
    newest, undelivered = newest_id(), undelivered_by_job()
    return ExportsPage(
        jobs=tuple(
            JobCard(job, _state(job), lag_of(job, newest, now), undelivered[job.pk])
            for job in Job.objects.all()
        ),
        can=permission(user, Role.ADMIN),
        hosts=tuple(sorted(settings.EXPORT_HOSTS)),
        workers=tuple(Worker.objects.values_list("name", flat=True)),
        form=form or JobForm(),
        problem=problem,
    )


def _state(job: Job) -> State:
    """`waiting` for the first request."""
    if not job.enabled:
        return "paused"
    if job.last_error is not None:
        return "failing"
    return "sending" if job.last_complete else "waiting"
