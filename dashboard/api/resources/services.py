"""The Worker as a service: the first thing wrangler asks for, and the last."""

from __future__ import annotations

from typing import Any

from dashboard.api.acts.delete_worker import delete_worker
from dashboard.api.http.auth import ApiRequest, may_administer, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import no_service
from dashboard.api.http.lookup import latest_version, worker_named
from dashboard.api.serializers.addresses import RouteItem, route_item
from dashboard.api.serializers.schemas import ServiceItem
from dashboard.api.serializers.version_json import script_item

router = resource("Services")
SERVICE = "/accounts/{account_id}/workers/services/{name}"


@router.get(SERVICE, auth=may_read, response=Envelope[ServiceItem])
def get_service(request: ApiRequest, account_id: str, name: str) -> dict[str, Any]:
    """A Worker with its one environment, production."""
    worker = worker_named(name, missing=no_service())
    script = script_item(worker, latest_version(worker))
    dates = {key: script[key] for key in ("created_on", "modified_on")}
    production = {"environment": "production", **dates}
    default = {**production, "script": script}
    return ok({"id": name, **dates, "environments": [production], "default_environment": default})


@router.get(
    SERVICE + "/environments/{environment}/routes",
    auth=may_read,
    response=Envelope[list[RouteItem]],
)
def list_service_routes(
    request: ApiRequest, account_id: str, name: str, environment: str
) -> dict[str, Any]:
    """Routes of a Worker. Its one environment is production."""
    if environment != "production":
        raise no_service()
    routes = worker_named(name, missing=no_service()).routes.select_related("worker")
    return ok([route_item(route) for route in routes])


@router.delete(SERVICE, auth=may_administer, response=Envelope[None])
def delete_service(
    request: ApiRequest, account_id: str, name: str, force: bool = False
) -> dict[str, Any]:
    """Deletes the Worker, its versions and deployments. Takes `force` while others call it."""
    delete_worker(request.auth, worker_named(name, missing=no_service()), force=force)
    return ok(None)
