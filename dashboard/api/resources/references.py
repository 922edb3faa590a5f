"""Who refers to a Worker, and lists of things that do not exist here."""

from __future__ import annotations

from typing import Any

from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.schemas import References
from routing.control.callers import callers_of
from routing.control.objects.migrations import live_bindings
from routing.control.worker_settings import producers_of
from routing.models import Worker

router = resource("References")
ACCOUNT = "/accounts/{account_id}"


@router.get(SCRIPT + "/references", auth=may_read, response=Envelope[References])
def get_references(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Workers whose active deployment binds this one."""
    worker = worker_named(script_name)
    incoming = [
        {"name": call.binding, "service": call.caller, "environment": "production"}
        for call in callers_of(worker)
    ]
    services = {"incoming": incoming, "outgoing": [], "pages_function": False}
    return ok(
        {"services": services, "durable_objects": _object_users(worker), "dispatch_outbounds": []}
    )


def _object_users(worker: Worker) -> list[dict[str, Any]]:
    """Bindings to the Worker's Durable Objects in active deployments, its own included."""
    names = {row.key: row.full_name for row in worker.object_namespaces.select_related("worker")}
    return [
        {
            "service": row.version.worker.name,
            "environment": "production",
            "name": row.name,
            "durable_object_namespace_id": row.namespace,
            "durable_object_namespace_name": names[row.namespace],
        }
        for row in live_bindings(names)
    ]


@router.get(
    ACCOUNT + "/workers/tails/by-consumer/{script_name}",
    auth=may_read,
    response=Envelope[list[dict[str, Any]]],
)
def list_tail_producers(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Workers whose events this one gets."""
    worker = worker_named(script_name)
    return ok(
        [{"service": name, "environment": "production"} for name in producers_of(worker.name)]
    )
