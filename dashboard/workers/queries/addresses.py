"""Where one version can be looked at, deployed or not; and the switch for all of a Worker's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.workers import messages
from routing.control.previews import PREFIX, address_taken, preview_url
from routing.control.subdomain import set_subdomain
from routing.models import Version, Worker


@dataclass(frozen=True, slots=True)
class Addresses:
    """`by_id` and `by_alias` are "" where there is no such address; `taken_by` is the newer version
    that took the alias over; `id_owner` and `alias_owner` say who else answers there."""

    on: bool
    by_id: str
    alias: str
    by_alias: str = ""
    taken_by: Version | None = None
    id_owner: str = ""
    alias_owner: str = ""

    @property
    def first(self) -> str:
        """The one to offer where there is room for one."""
        return self.by_alias or self.by_id


def addresses(worker: Worker, version: Version) -> Addresses:
    """A version's own addresses; a constant number of queries."""
    on, by_id, alias = worker.previews_enabled, preview_url(worker, version), version.alias
    id_owner = address_taken(f"{str(version.id)[:PREFIX]}-{worker.name}", worker.name) if on else ""
    by_id = "" if id_owner else by_id
    if not alias or not on:
        return Addresses(on, by_id, alias, id_owner=id_owner)
    newest = worker.versions.with_alias(alias).newest_first().only("id", "number").first()
    taken_by = newest if newest is not None and newest.pk != version.pk else None
    owner = "" if taken_by else address_taken(f"{alias}-{worker.name}", worker.name)
    by_alias = "" if taken_by or owner else preview_url(worker, version, alias)
    return Addresses(on, by_id, alias, by_alias, taken_by, id_owner, owner)


@requires(Role.OPERATOR)
@require_POST
def switch_worker(request: HttpRequest, name: str) -> HttpResponse:
    """Switches the Worker's own address on or off; back to its page."""
    worker = get_object_or_404(Worker, name=name)
    on = request.POST.get("on") == "1"
    set_subdomain(
        worker=worker,
        enabled=on,
        previews=worker.previews_enabled,
        author=person(request),
        source="dashboard",
        now=timezone.now(),
    )
    toasts.success(request, messages.address_switched(name, on))
    return redirect("workers:detail", name)


@requires(Role.OPERATOR)
@require_POST
def switch(request: HttpRequest, name: str, version_id: UUID) -> HttpResponse:
    """Switches the addresses of all of a Worker's versions on or off; back to the version."""
    worker = get_object_or_404(Worker, name=name)
    on = request.POST.get("on") == "1"
    set_subdomain(
        worker=worker,
        enabled=worker.subdomain_enabled,
        previews=on,
        author=person(request),
        source="dashboard",
        now=timezone.now(),
    )
    toasts.success(request, messages.previews_switched(worker.name, on))
    return redirect("workers:version", name, version_id)
