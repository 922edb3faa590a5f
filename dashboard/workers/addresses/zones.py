"""The Zones page: domains whose host names Workers may use, and all routes and custom domains."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.ui.page import page
from dashboard.workers import messages
from routing.control.addresses.refusals import AddressRefused
from routing.control.addresses.zones import add_zone, remove_zone, zone_names
from routing.models import CustomDomain, WorkerRoute


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """`addresses` are (pattern or host name, Worker or ""). One of the setting stays."""

    name: str
    is_setting: bool
    addresses: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonesPage:
    zones: list[ZoneRow]
    can: Permission
    typed: str = ""
    error: str = ""


@require_GET
def zones(request: HttpRequest) -> HttpResponse:
    return page(request, "workers/zones/zones.html", _context(request))


@requires(Role.ADMIN)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    typed = request.POST.get("name", "")
    try:
        name = add_zone(typed, actor=person(request), source="dashboard", now=timezone.now())
    except AddressRefused as error:
        context = replace(_context(request), typed=typed, error=str(error))
        return page(request, "workers/zones/zones.html", context, status=422)
    toasts.success(request, messages.zone_added(name))
    return redirect("zones")


@requires(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    try:
        remove_zone(name, actor=person(request), source="dashboard", now=timezone.now())
    except AddressRefused as error:
        context = replace(_context(request), error=str(error))
        return page(request, "workers/zones/zones.html", context, status=409)
    toasts.success(request, messages.zone_removed(name))
    return redirect("zones")


def _context(request: HttpRequest) -> ZonesPage:
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in zone_names()}
    for domain in CustomDomain.objects.select_related("worker"):
        found.setdefault(domain.zone, []).append((domain.hostname, domain.worker.name))
    for route in WorkerRoute.objects.select_related("worker"):
        worker = route.worker.name if route.worker else ""
        found.setdefault(route.zone, []).append((route.pattern, worker))
    rows = [ZoneRow(name, name in settings.ZONES, sorted(found[name])) for name in sorted(found)]
    return ZonesPage(zones=rows, can=permission(request.user, Role.ADMIN))
