"""All versions and all deployments of a Worker, page by page; and one deployment's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission
from dashboard.fleet.propagation import meter_of
from dashboard.live.pages.fragments import sequence
from dashboard.ui.page import page
from dashboard.workers.page.context import stored
from dashboard.workers.queries.cli_commands import deploy_commands
from dashboard.workers.queries.worker_queries import (
    timeline,
    timeline_entry,
    version_rows,
    worker_row,
)
from routing.models import Worker

SIZE = 50
"""Rows of a page; the next one begins below the last number, so later pages cost no more."""

SOURCES = ("dashboard", "wrangler", "api", "rollout", "demo")


@require_GET
def versions(request: HttpRequest, name: str) -> HttpResponse:
    newest = sequence()
    row = worker_row(get_object_or_404(Worker, name=name))
    asked = _asked(request, ("message", "tag", "author__username", "author_email"))
    uploads, more = version_rows(row, asked["before"], SIZE, asked.pop("wanted"))
    context = {"row": row, "sequence": newest, "uploads": uploads, "more": more, **asked}
    return page(request, "workers/history/versions.html", context, partial="found")


@require_GET
def deployments(request: HttpRequest, name: str) -> HttpResponse:
    newest = sequence()
    row = worker_row(get_object_or_404(Worker, name=name))
    asked = _asked(request, ("message", "author__username", "author_email"))
    entries, more = timeline(row.worker, asked["before"], SIZE, asked.pop("wanted"))
    context = {"row": row, "sequence": newest, "entries": entries, "more": more, **asked}
    return page(request, "workers/history/deployments.html", context, partial="found")


@require_GET
def deployment(request: HttpRequest, name: str, deployment_id: UUID) -> HttpResponse:
    """Who, when, why, what it did, and which edges had it when."""
    newest = sequence()
    row = worker_row(get_object_or_404(Worker, name=name))
    found = timeline_entry(row.worker, deployment_id)
    if found is None:
        raise Http404
    made = found.deployment
    context = {
        "row": row,
        "sequence": newest,
        "entry": found,
        "is_live": row.deployment is not None and made.pk == row.deployment.pk,
        "meter": meter_of(row.worker.name, made.revision, made.created_on),
        "commands": deploy_commands(row.worker, stored(found.standings), made.message),
        "can": permission(request.user, Role.OPERATOR),
    }
    return page(request, "workers/history/deployment.html", context)


def _asked(request: HttpRequest, fields: tuple[str, ...]) -> dict[str, Any]:
    """The filters in the query string, and as a `Q`."""
    text = request.GET.get("q", "").strip()[:100]
    source = request.GET.get("source", "")
    source = source if source in SOURCES else ""
    before = request.GET.get("before", "")
    wanted = Q(source=source) if source else Q()
    if text:
        wanted &= _contains(text, fields)
    return {
        "q": text,
        "source": source,
        "sources": SOURCES,
        "before": int(before) if before.isdecimal() and len(before) < 10 else None,
        "wanted": wanted,
    }


def _contains(text: str, fields: tuple[str, ...]) -> Q:
    found = Q(id__startswith=text) if len(text) >= 4 else Q()
    for name in fields:
        found |= Q(**{f"{name}__icontains": text})
    number = text.removeprefix("#")
    if number.isdecimal() and len(number) < 10:
        found |= Q(number=int(number))
    return found
