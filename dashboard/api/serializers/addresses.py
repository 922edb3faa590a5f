"""Zones, routes and custom domains as JSON."""

from __future__ import annotations

from typing import Any

from ninja import Schema

from dashboard.api.http.errors import ApiError
from routing.control.addresses.refusals import AddressRefused
from routing.models import CustomDomain, WorkerRoute
from routing.rules.addresses.zones import zone_id


class ZoneAccount(Schema):
    id: str
    name: str


class ZoneItem(Schema):
    """A zone. Only its name has an effect here."""

    id: str
    name: str
    status: str
    type: str
    paused: bool
    name_servers: list[str]
    account: ZoneAccount


class RouteId(Schema):
    id: str


class RouteItem(Schema):
    """A route; `script` is null for one without a Worker."""

    id: str
    pattern: str
    script: str | None
    zone_name: str
    zone_id: str


class DomainItem(Schema):
    """A custom domain."""

    id: str
    hostname: str
    service: str
    environment: str
    zone_id: str
    zone_name: str
    enabled: bool
    previews_enabled: bool


class NewDomain(Schema):
    hostname: str


class UpdatedDomain(DomainItem):
    """`modified`: it would move from another Worker."""

    modified: bool


class DomainChangeset(Schema):
    """What setting custom domains would change."""

    added: list[NewDomain]
    removed: list[DomainItem]
    updated: list[UpdatedDomain]
    conflicting: list[NewDomain]


_REFUSALS = {
    "pattern": (400, 10022),
    "host": (400, 10022),
    "zone": (400, 1001),
    "other_zone": (400, 10022),
    "own_domain": (400, 10022),
    "taken": (409, 10020),
    "taken_last": (409, 10020),
    "shared_host": (403, 9109),
}


def refusal(error: AddressRefused) -> ApiError:
    """10020 is Cloudflare's code for a route that exists."""
    status, code = _REFUSALS[error.code]
    return ApiError(status, (code, str(error)))


def zone_item(name: str, account_id: str, account_name: str) -> dict[str, Any]:
    return {
        "id": zone_id(name),
        "name": name,
        "status": "active",
        "type": "full",
        "paused": False,
        "name_servers": [],
        "account": {"id": account_id, "name": account_name},
    }


def route_item(route: WorkerRoute) -> dict[str, Any]:
    return {
        "id": route.pk,
        "pattern": route.pattern,
        "script": route.worker.name if route.worker else None,
        "zone_name": route.zone,
        "zone_id": zone_id(route.zone),
    }


def domain_item(domain: CustomDomain) -> dict[str, Any]:
    return {
        "id": domain.pk,
        "hostname": domain.hostname,
        "service": domain.worker.name,
        "environment": "production",
        "zone_id": zone_id(domain.zone),
        "zone_name": domain.zone,
        "enabled": True,
        "previews_enabled": False,
    }
