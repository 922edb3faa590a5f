"""The release record: a page to read and print, and a file to keep."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from dashboard.rollouts import messages
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.record.record import Record, outcome, record_of
from dashboard.ui.page import page
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class RecordPage:
    worker: Worker
    record: Record
    outcome: str
    state: str
    address: str


@require_GET
def show(request: HttpRequest, name: str, rollout_id: UUID) -> HttpResponse:
    """The record as a page; a rollout that runs has none yet, so its own page answers."""
    rollout = _rollout(name, rollout_id)
    record = record_of(rollout)
    if record is None:
        return redirect("rollouts:detail", name, rollout_id)
    context = RecordPage(
        worker=rollout.worker,
        record=record,
        outcome=outcome(rollout),
        state=messages.title(rollout),
        address=request.build_absolute_uri(),
    )
    return page(request, "rollouts/record/record.html", context)


@require_GET
def export(request: HttpRequest, name: str, rollout_id: UUID) -> HttpResponse:
    """The record as a JSON file; 409 while the rollout runs."""
    record = record_of(_rollout(name, rollout_id))
    if record is None:
        words = {"error": "running", "message": "A rollout has a record once it has ended."}
        return JsonResponse(words, status=409)
    answer = JsonResponse(record.as_json(), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="{name}-rollout-{rollout_id}.json"'
    return answer


def _rollout(name: str, rollout_id: UUID) -> Rollout:
    return get_object_or_404(Rollout.objects.with_versions(), pk=rollout_id, worker__name=name)
