"""A Worker's settings: where it answers, what tools need to reach it, and its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.live.pages.fragments import sequence
from dashboard.reviews import gate
from dashboard.storage.objects.worker_objects import WorkerObjects, worker_objects
from dashboard.ui.page import page
from dashboard.workers import messages
from dashboard.workers.addresses.rows import AddressList, address_list
from dashboard.workers.placement import GroupChoice, group_choices
from dashboard.workers.queries.cli_commands import Commands
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row
from dashboard.workers.tail_consumers import TailChoices, tail_choices
from dashboard.workers.tool_commands import delete_commands, everyday_commands
from routing.control import revision
from routing.control.callers import callers_of
from routing.control.deploy import DeployConflict, DeployRefused, active_deployment, normal_id
from routing.control.edge_groups import CutCall, GroupsRefused, set_worker_groups
from routing.control.publish import url_of
from routing.control.subdomain import set_subdomain
from routing.control.worker_settings import TAIL_CONSUMERS, change_settings
from routing.models import Deployment, Worker
from routing.upload_draft import UploadRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    """`expected`: the deployment that the form of deletion was opened with. What refused a deletion
    is in the fields with defaults."""

    row: WorkerRow
    sequence: tuple[Any, ...]
    can: Permission
    can_delete: Permission
    production: str
    everyday: Commands
    commands: Commands
    callers: tuple[str, ...]
    objects: WorkerObjects
    versions: int
    deployments: int
    expected: object
    groups: list[GroupChoice]
    addresses: AddressList
    tails: TailChoices
    groups_error: str = ""
    cut: tuple[CutCall, ...] = ()
    name_error: str = ""
    force_error: str = ""
    conflict: Deployment | None = None
    gone: bool = False
    refused: str = ""


@require_GET
def settings(request: HttpRequest, name: str) -> HttpResponse:
    """Both switches, the account and its commands, and for admins the way to delete it."""
    worker = get_object_or_404(Worker, name=name)
    return page(request, "workers/settings/settings.html", settings_context(request, worker))


@requires(Role.OPERATOR)
@require_POST
def switch_previews(request: HttpRequest, name: str) -> HttpResponse:
    """Switches the addresses of all versions on or off."""
    worker = get_object_or_404(Worker, name=name)
    on = request.POST.get("on") == "1"
    with transaction.atomic():
        revision.lock()
        worker.refresh_from_db(fields=["subdomain_enabled"])
        set_subdomain(
            worker=worker,
            enabled=worker.subdomain_enabled,
            previews=on,
            author=person(request),
            source="dashboard",
            now=timezone.now(),
        )
    toasts.success(request, messages.previews_switched(name, on))
    return redirect("workers:settings", name)


@requires(Role.ADMIN)
@require_POST
def set_groups(request: HttpRequest, name: str) -> HttpResponse:
    """Runs it in the groups `group`, or on every edge. `force`: also if that separates Workers."""
    worker, chosen = get_object_or_404(Worker, name=name), request.POST.getlist("group")
    try:
        changed = set_worker_groups(
            worker,
            chosen,
            actor=person(request),
            source="dashboard",
            now=timezone.now(),
            force="force" in request.POST,
        )
    except GroupsRefused as error:
        context = replace(
            settings_context(request, worker),
            groups=group_choices(worker, chosen),
            groups_error=str(error),
            cut=error.cut,
        )
        return _refused(request, context, 422)
    if changed:
        toasts.success(request, messages.runs_in(name, worker.groups))
    return redirect("workers:settings", name)


@requires(Role.OPERATOR)
@require_POST
def set_tails(request: HttpRequest, name: str) -> HttpResponse:
    """The Workers `service` get its events."""
    worker, chosen = get_object_or_404(Worker, name=name), request.POST.getlist("service")
    changes = {TAIL_CONSUMERS: [{"service": service} for service in chosen]}
    now = timezone.now()
    try:
        change_settings(worker, changes, author=person(request), source="dashboard", now=now)
    except UploadRefused as error:
        tails = tail_choices(worker, chosen, str(error))
        context = replace(settings_context(request, worker), tails=tails)
        return _refused(request, context, 422)
    toasts.success(request, messages.tails_saved(name, chosen))
    return redirect("workers:settings", name)


@requires(Role.ADMIN)
@require_POST
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Deletes the Worker when its name was typed and what is live is what the reader saw."""
    worker = get_object_or_404(Worker, name=name)
    context = settings_context(request, worker)
    if request.POST.get("name", "").strip() != worker.name:
        context = replace(context, name_error=messages.name_not_typed(worker.name))
        return _refused(request, context, 422)
    if context.callers and "force" not in request.POST:
        context = replace(context, force_error=messages.CALLED_BY_OTHERS)
        return _refused(request, context, 422)
    try:
        _delete(request, worker)
    except DeployConflict as conflict:
        return _conflict(request, worker, conflict.active)
    except DeployRefused as refused:  # a rollout runs
        return _refused(
            request, replace(settings_context(request, worker), refused=str(refused)), 409
        )
    toasts.success(request, messages.deleted(name))
    return redirect("workers:list")


def _refused(request: HttpRequest, context: SettingsPage, status: int) -> HttpResponse:
    return page(request, "workers/settings/settings.html", context, status=status)


def _conflict(request: HttpRequest, worker: Worker, active: Deployment | None) -> HttpResponse:
    """Another deployment came in between: the form comes back with it as `expected`."""
    context = settings_context(request, worker)
    live = context.row.deployment
    context = replace(
        context, expected=live.id if live else "", conflict=active, gone=active is None
    )
    return _refused(request, context, 409)


def _delete(request: HttpRequest, worker: Worker) -> None:
    """Raises `DeployConflict` when another deployment is live than `expected` says."""
    with transaction.atomic():
        revision.lock()
        active = active_deployment(worker)
        expected = normal_id(request.POST.get("expected", ""))
        if (str(active.id) if active else "") != expected:
            raise DeployConflict(active)
        gate.delete_worker(
            worker=worker,
            by_token=False,
            author=person(request),
            source="dashboard",
            now=timezone.now(),
        )


def settings_context(request: HttpRequest, worker: Worker) -> SettingsPage:
    newest = sequence()
    row = worker_row(worker)
    objects = worker_objects(worker)
    return SettingsPage(
        row=row,
        sequence=newest,
        can=permission(request.user, Role.OPERATOR),
        can_delete=permission(request.user, Role.ADMIN),
        production=url_of(row.hostname) if row.hostname else "",
        everyday=everyday_commands(worker),
        commands=delete_commands(worker, force=bool(objects.classes)),
        callers=tuple(sorted({call.caller for call in callers_of(worker)})),
        objects=objects,
        versions=worker.versions.count(),
        deployments=row.deployment.number if row.deployment else 0,
        expected=request.POST.get("expected", row.deployment.id if row.deployment else ""),
        groups=group_choices(worker),
        addresses=address_list(worker),
        tails=tail_choices(worker),
    )
