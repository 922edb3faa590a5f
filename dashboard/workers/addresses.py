"""Where one version can be looked at, deployed or not; and the switch for all of a Worker's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.accounts.gate import person, requires
from dashboard.accounts.models import Role
from routing.models import Version, Worker
from routing.previews import preview_url
from routing.subdomain import set_subdomain


@dataclass(frozen=True, slots=True)
class Addresses:
    """`by_id` and `by_alias` are "" where there is no such address; `taken_by` is the newer version
    that took the alias over."""

    on: bool
    by_id: str
    alias: str
    by_alias: str = ""
    taken_by: Version | None = None

    @property
    def first(self) -> str:
        """The one to offer where there is room for one."""
        return self.by_alias or self.by_id


def addresses(worker: Worker, version: Version) -> Addresses:
    """A version's own addresses; one query where it has an alias."""
    on, by_id, alias = worker.previews_enabled, preview_url(worker, version), version.alias
    if not alias or not on:
        return Addresses(on, by_id, alias)
    newest = worker.versions.with_alias(alias).newest_first().only("id", "number").first()
    taken_by = newest if newest is not None and newest.pk != version.pk else None
    by_alias = "" if taken_by else preview_url(worker, version, alias)
    return Addresses(on, by_id, alias, by_alias, taken_by)


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
    words = "have addresses of their own again" if on else "have no addresses of their own now"
    messages.success(request, f"Versions of {worker.name} {words}.")
    return redirect("workers:version", name, version_id)
