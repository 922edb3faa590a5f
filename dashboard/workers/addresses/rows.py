"""What the Settings page lists of a Worker's routes and custom domains."""

from __future__ import annotations

from dataclasses import dataclass

from routing.control.addresses.listed import production_addresses
from routing.control.addresses.zones import zone_names
from routing.models import CustomDomain, Worker, WorkerRoute


@dataclass(frozen=True, slots=True)
class AddressRow:
    """`url` is "" for a pattern with a wildcard in its host. `is_last`: without it only service
    bindings reach the Worker."""

    kind: str
    id: str
    text: str
    zone: str
    url: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class AddressForm:
    """`error` is why `text` was refused."""

    kind: str = "domain"
    text: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class AddressList:
    rows: list[AddressRow]
    zones: list[str]
    form: AddressForm


def address_list(worker: Worker, form: AddressForm | None = None) -> AddressList:
    """A constant number of queries."""
    known = list(worker.domains.all()), list(worker.routes.all())
    urls = {one.text: one.url for one in production_addresses(worker)}
    is_last = len(known[0]) + len(known[1]) == 1 and not worker.subdomain_enabled
    rows = [
        AddressRow(_kind(one), one.pk, str(one), one.zone, urls.get(str(one), ""), is_last)
        for kind in known
        for one in kind
    ]
    return AddressList(rows, zone_names(), form or AddressForm())


def _kind(address: CustomDomain | WorkerRoute) -> str:
    return "domain" if isinstance(address, CustomDomain) else "route"
