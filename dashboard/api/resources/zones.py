"""Zones, and the routes in them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from ninja import Query, Schema

from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, page_info, resource
from dashboard.api.http.errors import ApiError
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.addresses import change_of, refusals
from dashboard.api.resources.identity import ACCOUNT_NAME
from dashboard.api.serializers.addresses import RouteId, RouteItem, ZoneItem, route_item, zone_item
from routing.control import messages as control_messages
from routing.control.addresses.changes import Requested, add_route, change_route, remove_route
from routing.control.addresses.zones import zone_names, zone_of_id
from routing.models import Worker, WorkerRoute

router = resource("Zones")
ROUTES = "/zones/{zone_id}/workers/routes"


class ZoneFilter(Schema):
    """The exact name of a zone, or none for all."""

    name: str = ""
    page: int = 1


class ZoneRouteInput(Schema):
    """A pattern and its Worker. Without one it switches less specific routes off."""

    pattern: str
    script: str | None = None


@router.get("/zones", auth=may_read, response=Envelope[list[ZoneItem]])
def list_zones(request: ApiRequest, wanted: Query[ZoneFilter]) -> dict[str, Any]:
    """Zones by name, all on page 1. For wrangler an unknown domain is an error that lists them:
    it would print that Cloudflare has to proxy the domain."""
    names, name = zone_names(), wanted.name.lower()
    found = [one for one in names if name in ("", one)] if wanted.page == 1 else []
    if name and not found and request.auth.source == "wrangler" and name.count(".") == 1:
        raise ApiError(400, (NO_ZONE, control_messages.no_zone(name, names)))
    items = [zone_item(one, settings.ACCOUNT_ID, ACCOUNT_NAME) for one in found]
    return ok(items, page_info(wanted.page, 1000, len(items), len(items)))


NO_ZONE = 1001
"""Cloudflare's code for an unknown zone."""


@router.get("/zones/{zone_id}", auth=may_read, response=Envelope[ZoneItem])
def get_zone(request: ApiRequest, zone_id: str) -> dict[str, Any]:
    """A zone."""
    return ok(zone_item(_zone(zone_id), settings.ACCOUNT_ID, ACCOUNT_NAME))


@router.get(ROUTES, auth=may_read, response=Envelope[list[RouteItem]])
def list_zone_routes(request: ApiRequest, zone_id: str, page: int = 1) -> dict[str, Any]:
    """Routes of all Workers in a zone, all on page 1."""
    rows = WorkerRoute.objects.filter(zone=_zone(zone_id)).select_related("worker")
    return ok([route_item(route) for route in (rows if page == 1 else ())])


@router.post(ROUTES, auth=may_deploy, response=Envelope[RouteItem])
def post_zone_route(request: ApiRequest, zone_id: str, given: ZoneRouteInput) -> dict[str, Any]:
    """Adds a route."""
    worker = _worker(given)
    with refusals():
        route = add_route(Requested(given.pattern, _zone(zone_id)), worker, change_of(request))
    return ok(route_item(route))


@router.get(ROUTES + "/{route_id}", auth=may_read, response=Envelope[RouteItem])
def get_zone_route(request: ApiRequest, zone_id: str, route_id: str) -> dict[str, Any]:
    """A route."""
    return ok(route_item(_route(zone_id, route_id)))


@router.put(ROUTES + "/{route_id}", auth=may_deploy, response=Envelope[RouteItem])
def put_zone_route(
    request: ApiRequest, zone_id: str, route_id: str, given: ZoneRouteInput
) -> dict[str, Any]:
    """Changes a route's pattern and Worker."""
    route, worker = _route(zone_id, route_id), _worker(given)
    with refusals():
        wanted = Requested(given.pattern, route.zone)
        changed = change_route(route, wanted, worker, change_of(request))
    return ok(route_item(changed))


@router.delete(ROUTES + "/{route_id}", auth=may_deploy, response=Envelope[RouteId])
def delete_zone_route(request: ApiRequest, zone_id: str, route_id: str) -> dict[str, Any]:
    """Removes a route."""
    route = _route(zone_id, route_id)
    remove_route(route, change_of(request))
    return ok({"id": route_id})


def _zone(given_id: str) -> str:
    name = zone_of_id(given_id)
    if not name:
        raise ApiError(404, (NO_ZONE, messages.NO_ZONE_ID))
    return name


def _route(given_id: str, route_id: str) -> WorkerRoute:
    routes = WorkerRoute.objects.filter(zone=_zone(given_id), pk=route_id)
    route = routes.select_related("worker").first()
    if route is None:
        raise ApiError(404, (10008, messages.NO_ROUTE))
    return route


def _worker(given: ZoneRouteInput) -> Worker | None:
    return worker_named(given.script) if given.script else None
