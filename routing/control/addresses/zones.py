"""Zones: domains whose host names Workers may use, from SLUICE_ZONES and the Zones page."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, messages
from routing.control.addresses import refusals
from routing.control.addresses.refusals import AddressRefused
from routing.models import CustomDomain, WorkerRoute, Zone
from routing.rules.addresses.pattern import canonical_host, is_host_name
from routing.rules.addresses.zones import is_within, zone_id, zone_of


def zone_names() -> list[str]:
    """Sorted."""
    return sorted({*settings.ZONES, *Zone.objects.values_list("name", flat=True)})


def zone_of_id(wanted: str) -> str:
    """The name of the zone with this id; "" if there is none."""
    return next((name for name in zone_names() if zone_id(name) == wanted), "")


def check_host(host: str, zones: list[str], wanted: str = "") -> str:
    """The zone of a host name; `wanted` is the one that the client named. Raises
    `AddressRefused`."""
    if is_within(host, settings.DOMAIN):
        raise refusals.own_domain(host, settings.DOMAIN)
    if wanted and not is_within(host, wanted):
        raise refusals.other_zone(host, wanted)
    zone = wanted if wanted in zones else zone_of(host, zones)
    if not zone or (wanted and wanted not in zones):
        raise refusals.no_zone(wanted or host, zones)
    return zone


def add_zone(name: str, *, actor: AbstractBaseUser | None, source: str, now: datetime) -> str:
    """Raises `AddressRefused`."""
    name = canonical_host(name)
    if not is_host_name(name):
        raise refusals.bad_host(name)
    if is_within(name, settings.DOMAIN):
        raise refusals.own_domain(name, settings.DOMAIN)
    with transaction.atomic():
        if name in zone_names():
            raise AddressRefused("zone_exists", messages.zone_exists(name))
        Zone.objects.create(name=name, created_at=now)
        audit.record("zone.add", name, actor=actor, source=source, now=now)
    return name


def remove_zone(name: str, *, actor: AbstractBaseUser | None, source: str, now: datetime) -> None:
    """Raises `AddressRefused` while it has routes or custom domains."""
    with transaction.atomic():
        used = WorkerRoute.objects.filter(zone=name).exists()
        if used or CustomDomain.objects.filter(zone=name).exists():
            raise AddressRefused("zone_in_use", messages.zone_in_use(name))
        if Zone.objects.filter(name=name).delete()[0]:
            audit.record("zone.remove", name, actor=actor, source=source, now=now)
