"""All versions and all deployments of a Worker, page by page; and one deployment's own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission
from dashboard.fleet.propagation import Meter, meter_of
from dashboard.live.pages.fragments import sequence
from dashboard.ui.page import as_context, page
from dashboard.workers.page.context import stored
from dashboard.workers.queries.cli_commands import Commands, deploy_commands
from dashboard.workers.queries.timeline import TimelineEntry
from dashboard.workers.queries.worker_queries import (
    VersionRow,
    WorkerRow,
    timeline,
    timeline_entry,
    version_rows,
    worker_row,
)
from routing.models import Worker

SIZE = 50
"""Rows of a page; the next one begins below the last number, so later pages cost no more."""

SOURCES = ("dashboard", "wrangler", "api", "rollout", "demo")


@dataclass(frozen=True, slots=True)
class HistoryFilters:
    """Filters in the address. A page shows numbers below `before`."""

    q: str
    source: str
    before: int | None
    sources: tuple[str, ...] = SOURCES

    def condition(self, fields: tuple[str, ...]) -> Q:
        """What matches; `q` is searched for in `fields`, ids and numbers."""
        by_source = Q(source=self.source) if self.source else Q()
        return by_source & _contains(self.q, fields) if self.q else by_source


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsPage:
    row: WorkerRow
    sequence: tuple[object, ...]
    uploads: Sequence[VersionRow]
    more: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentsPage:
    row: WorkerRow
    sequence: tuple[object, ...]
    entries: Sequence[TimelineEntry]
    more: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPage:
    """Who, when, why, what it did, and which edges had it when."""

    row: WorkerRow
    sequence: tuple[object, ...]
    entry: TimelineEntry
    is_live: bool
    meter: Meter
    commands: Commands
    can: Permission


@require_GET
def versions(request: HttpRequest, name: str) -> HttpResponse:
    """All versions, `SIZE` on a page."""
    newest = sequence()
    row, filters = worker_row(get_object_or_404(Worker, name=name)), _filters(request)
    condition = filters.condition(("message", "tag", "author__username", "author_email"))
    uploads, more = version_rows(row, filters.before, SIZE, condition)
    shown = VersionsPage(row=row, sequence=newest, uploads=uploads, more=more)
    context = as_context(shown, filters)
    return page(request, "workers/history/versions.html", context, partial="history-page")


@require_GET
def deployments(request: HttpRequest, name: str) -> HttpResponse:
    """All deployments, `SIZE` on a page."""
    newest = sequence()
    row, filters = worker_row(get_object_or_404(Worker, name=name)), _filters(request)
    condition = filters.condition(("message", "author__username", "author_email"))
    entries, more = timeline(row.worker, filters.before, SIZE, condition)
    shown = DeploymentsPage(row=row, sequence=newest, entries=entries, more=more)
    context = as_context(shown, filters)
    return page(request, "workers/history/deployments.html", context, partial="history-page")


@require_GET
def deployment(request: HttpRequest, name: str, deployment_id: UUID) -> HttpResponse:
    newest = sequence()
    row = worker_row(get_object_or_404(Worker, name=name))
    entry = timeline_entry(row.worker, deployment_id)
    if entry is None:
        raise Http404
    made = entry.deployment
    context = DeploymentPage(
        row=row,
        sequence=newest,
        entry=entry,
        is_live=row.deployment is not None and made.pk == row.deployment.pk,
        meter=meter_of(row.worker.name, made.revision, made.created_on),
        commands=deploy_commands(row.worker, stored(entry.standings), made.message),
        can=permission(request.user, Role.OPERATOR),
    )
    return page(request, "workers/history/deployment.html", context)


def _filters(request: HttpRequest) -> HistoryFilters:
    source = request.GET.get("source", "")
    before = request.GET.get("before", "")
    return HistoryFilters(
        q=request.GET.get("q", "").strip()[:100],
        source=source if source in SOURCES else "",
        before=int(before) if before.isdecimal() and len(before) < 10 else None,
    )


def _contains(text: str, fields: tuple[str, ...]) -> Q:
    matches = Q(id__startswith=text) if len(text) >= 4 else Q()
    for name in fields:
        matches |= Q(**{f"{name}__icontains": text})
    number = text.removeprefix("#")
    if number.isdecimal() and len(number) < 10:
        matches |= Q(number=int(number))
    return matches
