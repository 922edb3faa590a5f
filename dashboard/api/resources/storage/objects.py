"""Namespaces of Durable Objects. Only migrations create and delete them."""

from __future__ import annotations

from typing import Any

from ninja import Query

from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import ApiError
from dashboard.api.serializers.schemas import ObjectNamespaceItem
from routing.models import ObjectNamespace

router = resource("Durable Objects")
NAMESPACES = "/accounts/{account_id}/workers/durable_objects/namespaces"
UNKNOWN = 10066
"""Ours: Cloudflare documents no code."""


@router.get(NAMESPACES, auth=may_read, response=Envelope[list[ObjectNamespaceItem]])
def list_object_namespaces(
    request: ApiRequest, account_id: str, paging: Query[Paging]
) -> dict[str, Any]:
    """Namespaces of all Workers, by Worker and class."""
    rows, info = paged(ObjectNamespace.objects.select_related("worker"), paging)
    return ok([_item(row) for row in rows], info)


@router.get(NAMESPACES + "/{namespace_id}", auth=may_read, response=Envelope[ObjectNamespaceItem])
def get_object_namespace(request: ApiRequest, account_id: str, namespace_id: str) -> dict[str, Any]:
    """One namespace."""
    return ok(_item(namespace_named(namespace_id)))


def namespace_named(key: str) -> ObjectNamespace:
    """Raises `ApiError`."""
    row = ObjectNamespace.objects.select_related("worker").filter(key=key).first()
    if row is None:
        raise ApiError(404, (UNKNOWN, messages.NO_OBJECT_NAMESPACE))
    return row


def _item(row: ObjectNamespace) -> dict[str, Any]:
    return {
        "id": row.key,
        "class": row.class_name,
        "name": row.full_name,
        "script": row.worker.name,
        "use_sqlite": row.sqlite,
        "environment": "production",
    }
