"""Runs of suites: start, read, stop."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Status

from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.errors import TOO_MANY, ApiError
from dashboard.api.sluice import messages
from dashboard.api.sluice.errors import Refused
from dashboard.api.sluice.lookup import Listing, edit_of, worker_at
from dashboard.api.sluice.schemas import RunDetail, RunInput, RunItem
from dashboard.limits.limits import SUITE_RUNS
from dashboard.limits.messages import try_again
from dashboard.limits.rates import seconds_to_wait
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs import run as runs
from dashboard.smoketests.runs.report import results_as_json, run_as_json
from dashboard.smoketests.subject import version_under_test

router = Router(tags=["Runs"])
RUNS = "/workers/{name}/runs"
RUN = RUNS + "/{run_id}"
RELATED = ("edit__suite", "version__worker")


@router.get(RUNS, auth=may_read, response=list[RunItem])
def list_runs(request: ApiRequest, name: str, listing: Query[Listing]) -> Any:
    """Runs, newest first."""
    rows = SmokeRun.objects.filter(version__worker=worker_at(name)).order_by("-started_at")
    return [
        _item(run) for run in rows.select_related("edit__suite", "version__worker")[: listing.limit]
    ]


@router.post(RUNS, auth=may_deploy, response={202: RunItem})
def start_run(request: ApiRequest, name: str, given: RunInput) -> Any:
    """Asks for a run of the suite's newest edit; a conductor carries it out. Poll it by its id."""
    worker = worker_at(name)
    edit = edit_of(worker, given.suite, in_body=True)
    version = version_under_test(worker, given.version_id)
    if seconds := seconds_to_wait(SUITE_RUNS, str(request.auth.user.pk)):
        raise ApiError(429, (TOO_MANY, try_again(seconds)), retry_after=seconds)
    run = runs.ask(edit, version, author=request.auth.user, now=timezone.now())
    return Status(202, _item(run))


@router.get(RUN, auth=may_read, response=RunDetail)
def get_run(request: ApiRequest, name: str, run_id: UUID) -> Any:
    """One run with what each check came to at each edge."""
    run = _run(name, run_id)
    return _item(run) | {"checks": results_as_json(run.results.all())}


@router.post(RUN + "/stop", auth=may_deploy, response=RunItem)
def stop_run(request: ApiRequest, name: str, run_id: UUID) -> Any:
    """Ends a run at its next check; one that has ended stays as it is."""
    runs.stop(_run(name, run_id))
    return _item(_run(name, run_id))


def _item(run: SmokeRun) -> dict[str, Any]:
    return run_as_json(run) | {
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "done": run.done,
        "total": run.total,
    }


def _run(name: str, run_id: UUID) -> SmokeRun:
    worker = worker_at(name)
    rows = SmokeRun.objects.filter(version__worker=worker).select_related(
        "edit__suite", "version__worker"
    )
    run = rows.filter(pk=run_id).first()
    if run is None:
        raise Refused(404, "unknown_run", messages.no_run(worker.name))
    return run
