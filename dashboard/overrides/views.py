"""A Worker's overrides: who may send one, and the links that were shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, requires
from dashboard.fleet.version_roles import Standing
from dashboard.overrides import choices, links, messages, protection
from dashboard.overrides.protection import OverrideRefused
from dashboard.overrides.report import state_of
from dashboard.times.durations import format_duration, parse_duration
from dashboard.ui.page import page
from routing.control.addresses.listed import production_host
from routing.models import Edge, OverrideKey, OverrideLink, Worker

TEMPLATE = "overrides/worker.html"
LISTED = 100
"""Links that have ended, on the page; the command lists all."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """`state` is live, expired or revoked."""

    link: OverrideLink
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridesPage:
    """`picked`: the id of the version to share. The last three are of a form that was sent: the new
    link, or why it was refused and the field that is wrong."""

    worker: Worker
    standings: Sequence[Standing]
    picked: str
    rows: Sequence[LinkRow]
    ended: bool
    durations: Sequence[tuple[str, str]]
    lasts: str
    leave_url: str
    can: Permission
    can_protect: Permission
    key: OverrideKey | None
    commands: Sequence[tuple[str, str]]
    old_edges: Sequence[str]
    shared: links.Shared | None = None
    problem: str = ""
    wrong: str = ""


@require_GET
def overrides(request: HttpRequest, name: str) -> HttpResponse:
    """The form to share a version, the links, the switch. `version` preselects, `all` shows links
    that have ended."""
    return page(request, TEMPLATE, _context(request, get_object_or_404(Worker, name=name)))


@requires(Role.OPERATOR)
@never_cache
@require_POST
def share(request: HttpRequest, name: str) -> HttpResponse:
    """The page with the new link on it, this once. A refused form keeps what was typed."""
    worker = get_object_or_404(Worker, name=name)
    sent = request.POST
    try:
        version = choices.version_to_share(worker, sent.get("version", ""))
        lasts = parse_duration(sent.get("lasts", format_duration(links.USUAL)))
        path, note = sent.get("path", "").strip() or "/", sent.get("note", "")
        shared = links.share(version, actor_of(request), lasts=lasts, note=note, path=path)
    except OverrideRefused as error:
        return _refused(request, worker, str(error), error.field)
    except ValueError as error:
        return _refused(request, worker, str(error), "lasts")
    context = replace(_context(request, worker), shared=shared)
    return page(request, TEMPLATE, context, status=201)


@requires(Role.OPERATOR)
@require_POST
def revoke(request: HttpRequest, name: str, link_id: UUID) -> HttpResponse:
    """Ends a link; one that has already ended stays as it was."""
    worker = get_object_or_404(Worker, name=name)
    link = get_object_or_404(worker.override_links.select_related("version"), pk=link_id)
    if links.revoke(link, actor_of(request)):
        toasts.success(request, messages.revoked(link.version.number))
    else:
        toasts.info(request, messages.ENDED_BEFORE)
    return redirect("overrides:worker", name)


@requires(Role.ADMIN)
@require_POST
def protect(request: HttpRequest, name: str) -> HttpResponse:
    """The switch, both ways."""
    worker, on = get_object_or_404(Worker, name=name), request.POST.get("on") == "1"
    protection.protect(worker, on=on, by=actor_of(request))
    toasts.success(request, messages.protection_changed(name, on))
    return redirect("overrides:worker", name)


@requires(Role.ADMIN)
@require_POST
def rotate_key(request: HttpRequest, name: str) -> HttpResponse:
    """A new signing key; with `drop` everything signed before ends."""
    worker, drop = get_object_or_404(Worker, name=name), "drop" in request.POST
    ended = protection.rotate_key(worker, drop=drop, by=actor_of(request))
    toasts.success(request, messages.key_rotated(name, ended if drop else None))
    return redirect("overrides:worker", name)


def _refused(request: HttpRequest, worker: Worker, problem: str, field: str) -> HttpResponse:
    context = replace(_context(request, worker), problem=problem, wrong=field)
    return page(request, TEMPLATE, context, status=422)


def _context(request: HttpRequest, worker: Worker) -> OverridesPage:
    now, ended = timezone.now(), "all" in request.GET
    rows = links.of_worker(worker, now, ended=ended)[: LISTED + links.MOST]
    return OverridesPage(
        worker=worker,
        standings=choices.standings(worker),
        picked=request.POST.get("version") or request.GET.get("version", ""),
        rows=[LinkRow(link, state_of(link, now)) for link in rows],
        ended=ended,
        durations=choices.DURATIONS,
        lasts=request.POST.get("lasts", format_duration(links.USUAL)),
        leave_url=links.leave_url(production_host(worker)),
        can=permission(request.user, Role.OPERATOR),
        can_protect=permission(request.user, Role.ADMIN),
        key=worker.override_keys.filter(retired_at=None).first(),
        commands=_commands(worker),
        old_edges=_old_edges(),
    )


def _old_edges() -> list[str]:
    """Edges whose agent is older than permissions: it honors every override."""
    heard = Edge.objects.exclude(last_seen_on=None).order_by("name")
    rows = heard.values_list("name", "status__checks_permissions")
    return [name for name, checks in rows if checks is not True]


def _commands(worker: Worker) -> list[tuple[str, str]]:
    share = f'manage.py override link --worker {worker.name} --for 8h --note "for Bob"'
    listed = f"manage.py override list --worker {worker.name}"
    ended = f"manage.py override revoke --worker {worker.name} --id LINK_ID"
    return [("Shell", "\n".join([share, listed, ended]))]
