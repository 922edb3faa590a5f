"""Which Worker a URL leads to."""

from __future__ import annotations

from django.conf import settings

from routing.control.publish import hostname
from routing.models import CustomDomain, Worker, WorkerRoute
from routing.rules.addresses.matching import Address, winner
from routing.rules.addresses.pattern import PatternInvalid, host_pattern, parse_pattern
from routing.rules.addresses.zones import is_within


def worker_at(scheme: str, host: str, path: str) -> str:
    """The name of the Worker; "" if none answers. `host` is without a port, `path` has the query.
    At most two queries."""
    host = host.lower().removesuffix(".")
    if is_within(host, settings.DOMAIN):
        name = host.removesuffix(f".{settings.DOMAIN}")
        return name if hostname(name) == host and Worker.objects.filter(name=name).exists() else ""
    reached = winner(_addresses(host), scheme, host, path)
    return reached.worker if reached else ""


def _addresses(host: str) -> list[Address]:
    labels = host.split(".")
    zones = [".".join(labels[start:]) for start in range(len(labels))]
    rows = WorkerRoute.objects.filter(zone__in=zones).values_list("pattern", "worker__name")
    addresses = []
    for text, worker in rows:
        try:
            addresses.append(Address(parse_pattern(text), worker or ""))
        except PatternInvalid:
            continue
    domains = CustomDomain.objects.filter(hostname=host).values_list("worker__name", flat=True)
    addresses += [Address(host_pattern(host), name, is_domain=True) for name in domains]
    return addresses
