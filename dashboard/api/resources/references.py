"""Who refers to a Worker, and lists of things that do not exist here."""

from __future__ import annotations

from typing import Any

from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import Envelope, ok, page_info, resource
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.schemas import References
from routing.control.callers import callers_of

router = resource("References")
ACCOUNT = "/accounts/{account_id}"


@router.get(SCRIPT + "/references", auth=may_read, response=Envelope[References])
def get_references(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Workers whose active deployment binds this one."""
    incoming = [
        {"name": call.binding, "service": call.caller, "environment": "production"}
        for call in callers_of(worker_named(script_name))
    ]
    services = {"incoming": incoming, "outgoing": [], "pages_function": False}
    return ok({"services": services, "durable_objects": [], "dispatch_outbounds": []})


@router.get(
    ACCOUNT + "/workers/tails/by-consumer/{script_name}",
    auth=may_read,
    response=Envelope[list[dict[str, Any]]],
)
def list_tail_producers(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Always empty: there are no Tail Workers."""
    return ok([])


@router.get(
    ACCOUNT + "/workers/durable_objects/namespaces",
    auth=may_read,
    response=Envelope[list[dict[str, Any]]],
)
def list_object_namespaces(request: ApiRequest, account_id: str, page: int = 1) -> dict[str, Any]:
    """Always empty: Durable Objects are not supported."""
    return ok([], page_info(page, 100, 0, 0))
