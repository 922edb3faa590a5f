"""What the pages of runs show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person
from dashboard.playground.request.form import typed_in
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.runs.models import MOST, MOST_AT_ONCE, Run
from dashboard.playground.runs.report import (
    Grid,
    Verdict,
    VersionResult,
    VersionRole,
    grid,
    observed_label,
    results_by_version,
    verdict,
)
from dashboard.playground.runs.statistics import Sent
from dashboard.sending.redaction import MASK
from routing.models import Worker

COUNTS, AT_ONCE = (10, 50, 100, 250, 500, 1000), (1, 4, 8, 16, 32)
LISTED = 10


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How many requests, and how many of them at a time."""

    chosen_count: int
    chosen_at_once: int
    counts: tuple[int, ...] = COUNTS
    at_onces: tuple[int, ...] = AT_ONCE


@dataclass(frozen=True, kw_only=True)
class StartPage(Numbers):
    """The request in the address and the form that sends it. Without a Worker, how to begin."""

    can: Permission
    runs: list[Run]
    worker: Worker | None = None
    #: The Worker's name, as on the page of a run.
    of: str = ""
    typed: TypedRequest | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    edit_query: str = ""
    workers: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RunPage(Numbers):
    """One run, in progress or done."""

    run: Run
    of: str
    sent: list[Sent]
    roles: list[VersionRole]
    verdict: Verdict
    results: list[VersionResult]
    #: The observed split for screen readers.
    observed_label: str
    grid: Grid
    took: timedelta
    rays: int
    #: The form's fields, secrets masked.
    fields: Mapping[str, Any]
    #: Whether the stored request is incomplete, so that it cannot be sent again from here.
    masked: bool
    can_stop: bool


@dataclass(frozen=True, kw_only=True)
class FailedStart:
    """Why a run did not start (title and text), and the run that prevents it."""

    failed: tuple[str, str]
    of: str
    running: Run | None = None


def start_page(request: HttpRequest, worker: Worker | None, own: list[Run]) -> StartPage:
    count, at_once = numbers_in(request)
    start = StartPage(
        chosen_count=count,
        chosen_at_once=at_once,
        can=permission(request.user, Role.OPERATOR),
        runs=own,
    )
    if worker is None:
        return start
    typed = typed_in(request, worker)
    fields = typed.stored()
    more = {"fields": fields, "edit_query": urlencode(fields), "workers": _worker_names()}
    return StartPage(**(vars(start) | {"worker": worker, "of": worker.name, "typed": typed} | more))


def run_page(request: HttpRequest, run: Run) -> RunPage:
    """The run as far as it has come."""
    sent, roles = run.results, [VersionRole(**row) for row in run.shares]
    results = results_by_version(sent, roles)
    can = permission(request.user, Role.OPERATOR)
    return RunPage(
        chosen_count=run.count,
        chosen_at_once=run.at_once,
        run=run,
        of=run.worker,
        sent=sent,
        roles=roles,
        verdict=verdict(sent, roles, run.expected),
        results=results,
        observed_label=observed_label(results),
        grid=grid(sent, roles, run.count),
        took=(run.ended_on or run.heartbeat_at) - run.started_on,
        rays=sum(bool(s.ray) for s in sent),
        fields=run.request,
        masked=not is_complete(run.request),
        can_stop=can.allowed or run.person_id == person(request).pk,
    )


def is_complete(fields: Mapping[str, Any]) -> bool:
    """Whether the stored fields are the whole request: no masked secret, no file."""
    masked = any(MASK in str(value) for value in fields.values())
    return not masked and fields.get("kind") != "file"


def numbers_in(request: HttpRequest) -> tuple[int, int]:
    """(count, at once) in the form or the address."""
    return _number(request, "count", 100, MOST), _number(request, "at_once", 8, MOST_AT_ONCE)


def _number(request: HttpRequest, name: str, default: int, most: int) -> int:
    """A number from 1 to `most`; the default for anything else."""
    sent = request.POST if request.method == "POST" else request.GET
    text = sent.get(name, "")
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() else default


def _worker_names() -> list[str]:
    return list(Worker.objects.values_list("name", flat=True))
