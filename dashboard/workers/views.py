"""The list of Workers, one Worker's deployments, one version."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dashboard.accounts.gate import permission
from dashboard.accounts.models import Role
from dashboard.ui.page import page
from dashboard.ui.propagation import meter_of
from dashboard.ui.standing import Standing
from dashboard.workers import reads
from dashboard.workers.commands import deploy_commands, override_command, override_header
from dashboard.workers.proposal import next_step
from routing.models import Deployment, Version, Worker
from routing.publish import hostname
from routing.rules.override import addressable
from routing.rules.split import format_percentage

#: Filters of the list: kind of state, words.
FILTERS = [
    ("ramping", "Ramping"),
    ("staged", "Staged"),
    ("rolled-back", "Rolled back"),
    ("stable", "Stable"),
    ("never", "Never deployed"),
]


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    search, kind = request.GET.get("q", "").strip()[:63], request.GET.get("state", "")
    rows = reads.rows(search)
    counts = Counter(row.state.kind for row in rows)
    filters = [(k, words, counts[k]) for k, words in FILTERS if counts[k] or k == kind]
    shown = [row for row in rows if not kind or row.state.kind == kind]
    context = {"rows": shown, "all": len(rows), "filters": filters, "q": search, "kind": kind}
    return page(request, "workers/list.html", context, partial="worker-list")


@require_GET
def detail(request: HttpRequest, name: str) -> HttpResponse:
    row = reads.row_of(get_object_or_404(Worker, name=name))
    before = request.GET.get("before", "")
    entries, more = reads.timeline(
        row.worker, int(before) if before.isdecimal() and len(before) < 10 else None
    )
    uploads = reads.uploads(row.worker, row.standings)
    context = {
        "row": row,
        "hostname": hostname(row.worker.name),
        "addressable": addressable(row.worker.name),
        "uploads": uploads,
        "versions_in_all": uploads[0].version.number if uploads else 0,
        "entries": entries,
        "more": more,
        "before": before,
        "can": permission(request.user, Role.OPERATOR),
        **_live(row.worker, row.deployment, row.standings),
        "newest": _to_stage(uploads, row.standings),
    }
    return page(request, "workers/detail.html", context)


@require_GET
def version(request: HttpRequest, name: str, version_id: UUID) -> HttpResponse:
    row = reads.row_of(get_object_or_404(Worker, name=name))
    upload = reads.upload_of(row.worker, version_id, row.standings)
    if upload is None:
        raise Http404
    context = {
        "row": row,
        "upload": upload,
        "bindings": [_shown(b) for b in upload.version.bindings],
        "modules": upload.version.modules.select_related("module").defer("module__content"),
        "can": permission(request.user, Role.OPERATOR),
        "override": override_header(row.worker, version_id),
        "commands": [("curl", override_command(row.worker, version_id))],
        "addressable": addressable(row.worker.name),
    }
    return page(request, "workers/version.html", context)


def _live(
    worker: Worker, deployment: Deployment | None, standings: list[Standing]
) -> dict[str, Any]:
    """The live card: meter, the next step, and the live split as commands."""
    if deployment is None:
        return {}
    stored = [
        (str(s.version_id), format_percentage(s.weight).rstrip("%"))
        for s in deployment.shares.all()
    ]
    candidate = next((s for s in standings if s.is_candidate), None)
    return {
        "meter": meter_of(deployment.revision, deployment.created_on),
        "candidate": candidate,
        "next_step": next_step(candidate.weight or 0) if candidate else None,
        "commands": [
            *deploy_commands(worker, stored, deployment.message),
            ("curl, by override", override_command(worker, standings[0].version.id)),
        ],
    }


def _to_stage(uploads: list[reads.Upload], live: list[Standing]) -> Version | None:
    """The newest version, when it is in no deployment yet."""
    if not uploads or uploads[0].standing.weight is not None:
        return None
    return uploads[0].version


def _shown(binding: dict[str, Any]) -> dict[str, Any]:
    """A binding for people: its kind and what it points at; values of secrets stay sealed."""
    points_at = binding.get("service") or binding.get("text") or binding.get("json") or ""
    secret = str(binding.get("type", "")).startswith("secret")
    return {
        "name": binding.get("name", ""),
        "type": binding.get("type", ""),
        "value": "hidden" if secret else points_at,
    }
