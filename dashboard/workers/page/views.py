"""The list of Workers, one Worker's deployments view, one version, the menu of a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission
from dashboard.fleet.version_roles import Standing
from dashboard.live.pages.fragments import sequence
from dashboard.observability.flags.process_faults import process_reports
from dashboard.ui.page import as_context, page
from dashboard.workers.deploy.choice import goes_back, way_back
from dashboard.workers.list import query
from dashboard.workers.page import context as contexts
from dashboard.workers.queries import module_text
from dashboard.workers.queries.addresses import Addresses, addresses
from dashboard.workers.queries.cli_commands import Commands, override_command, override_header
from dashboard.workers.queries.worker_queries import (
    VersionRow,
    WorkerRow,
    version_row,
    version_rows,
    worker_row,
)
from routing.agent.inspection.runtime_date import newest_date
from routing.compile.workerd.config import running_date
from routing.control.previews import shadowed_alias
from routing.control.publish import url_of
from routing.models import Version, Worker
from routing.rules.override import addressable


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerMenu:
    """What can be done with a Worker from the list."""

    row: WorkerRow
    newest: Version | None
    stage_words: str
    can_go_back: bool
    beside: Standing | None
    can: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMenu:
    """What can be done with a version."""

    row: WorkerRow
    upload: VersionRow
    can: Permission
    addresses: Addresses
    goes_back: bool
    beside: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """The rest of a version's page, beside `VersionMenu`."""

    sequence: tuple[object, ...]
    content: module_text.VersionContent
    override: str
    commands: Commands
    addressable: bool
    production: str
    #: Last unexpected ends: (edge, when, what, why).
    ends: Sequence[tuple[str, datetime, str, str]]
    runs_with: str


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    newest = sequence()
    shell = {"sequence": newest, "can": permission(request.user, Role.OPERATOR)}
    context = as_context(query.list_page(request.GET), shell)
    return page(request, "workers/list/list.html", context, partial="worker-list")


@require_GET
def detail(request: HttpRequest, name: str) -> HttpResponse:
    newest = sequence()
    live_links = Q(override_links__revoked_at=None, override_links__expires_at__gt=timezone.now())
    workers = Worker.objects.annotate(shared_links=Count("override_links", filter=live_links))
    row = worker_row(get_object_or_404(workers, name=name))
    live, histories = contexts.live(row), contexts.histories(row)
    before = histories.entries[1:2]
    rest = contexts.WorkerPage(
        sequence=newest,
        production=url_of(row.hostname) if row.hostname else "",
        addressable=addressable(row.worker.name),
        can=permission(request.user, Role.OPERATOR),
        back=contexts.undoing(row, before[0].standings if before else []),
        beside=contexts.replaced(row),
        shadowed=shadowed_alias(row.worker),
    )
    actions = contexts.actions(row, histories.uploads, live.sickest)
    context = as_context(live, histories, actions, rest)
    return page(request, "workers/page/detail.html", context)


@require_GET
def version(request: HttpRequest, name: str, version_id: UUID) -> HttpResponse:
    """One version: what it is made of, its addresses, how to reach it."""
    row, upload = _upload(name, version_id)
    about = VersionPage(
        sequence=sequence(),
        content=module_text.content_of(upload.version),
        override=override_header(row.worker, version_id),
        commands=[("curl", override_command(row.worker, version_id))],
        addressable=addressable(row.worker.name),
        production=row.hostname,
        ends=process_reports([version_id]).ends(version_id),
        runs_with=running_date(upload.version.compatibility_date, newest_date()),
    )
    context = as_context(_menu(request, row, upload), about)
    return page(request, "workers/version/version.html", context)


@require_GET
def menu(request: HttpRequest, name: str, version_id: UUID) -> HttpResponse:
    """What can be done with a version, for the menu of its row."""
    row, upload = _upload(name, version_id)
    return page(request, "workers/version/_version_menu.html", _menu(request, row, upload))


@require_GET
def actions(request: HttpRequest, name: str) -> HttpResponse:
    """What can be done with a Worker, for the menu of its row in the list."""
    row = worker_row(get_object_or_404(Worker, name=name))
    uploads, _ = version_rows(row, size=1)
    newest = contexts.to_stage(uploads)
    context = WorkerMenu(
        row=row,
        newest=newest,
        stage_words=contexts.stage_words(newest),
        can_go_back=way_back(row) is not None,
        beside=contexts.replaced(row),
        can=permission(request.user, Role.OPERATOR),
    )
    return page(request, "workers/list/_worker_menu.html", context)


def _upload(name: str, version_id: UUID) -> tuple[WorkerRow, VersionRow]:
    row = worker_row(get_object_or_404(Worker, name=name))
    upload = version_row(row, version_id)
    if upload is None:
        raise Http404
    return row, upload


def _menu(request: HttpRequest, row: WorkerRow, upload: VersionRow) -> VersionMenu:
    return VersionMenu(
        row=row,
        upload=upload,
        can=permission(request.user, Role.OPERATOR),
        addresses=addresses(row.worker, upload.version),
        goes_back=goes_back(row, upload.standing),
        beside=contexts.replaced(row),
    )
