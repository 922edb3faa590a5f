"""KV namespaces."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query, Schema

from dashboard.api.http.auth import ApiRequest, actor_of, may_administer, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import ApiError
from dashboard.api.resources.storage.answers import (
    REFUSED,
    namespace_errors,
    state_errors,
)
from dashboard.storage import messages, namespaces
from dashboard.storage.kv import KIND
from routing.models import StateNamespace

router = resource("KV namespaces")
NAMESPACES = "/accounts/{account_id}/storage/kv/namespaces"
NAMESPACE = NAMESPACES + "/{namespace_id}"
NOT_FOUND, TITLE_TAKEN = 10013, 10014
"""Cloudflare's codes."""


class NamespaceItem(Schema):
    """A namespace. `id` is what bindings name."""

    id: str
    title: str
    supports_url_encoding: bool = True


class TitleInput(Schema):
    """The title, which people see."""

    title: str


class NamespacePaging(Paging):
    """The requested page of namespaces, in this order."""

    per_page: int = 20
    order: Literal["id", "title"] = "id"
    direction: Literal["asc", "desc"] = "asc"


@router.get(NAMESPACES, auth=may_read, response=Envelope[list[NamespaceItem]])
def list_namespaces(
    request: ApiRequest, account_id: str, paging: Query[NamespacePaging]
) -> dict[str, Any]:
    """Lists namespaces."""
    field = "title" if paging.order == "title" else "id"
    sign = "-" if paging.direction == "desc" else ""
    rows = StateNamespace.objects.filter(kind=KIND).order_by(sign + field)
    found, info = paged(rows, paging)
    return ok([_item(row) for row in found], info)


@router.post(NAMESPACES, auth=may_deploy, response=Envelope[NamespaceItem])
def create_namespace(request: ApiRequest, account_id: str, given: TitleInput) -> dict[str, Any]:
    """Creates an empty namespace."""
    with namespace_errors(exists=TITLE_TAKEN, invalid=REFUSED):
        made = namespaces.create(KIND, given.title, actor_of(request))
    return ok(_item(made))


@router.get(NAMESPACE, auth=may_read, response=Envelope[NamespaceItem])
def get_namespace(request: ApiRequest, account_id: str, namespace_id: str) -> dict[str, Any]:
    """Returns one namespace."""
    return ok(_item(namespace_of(namespace_id)))


@router.put(NAMESPACE, auth=may_deploy, response=Envelope[NamespaceItem])
def rename_namespace(
    request: ApiRequest, account_id: str, namespace_id: str, given: TitleInput
) -> dict[str, Any]:
    """Changes the title. Bindings name the id, so nothing else changes."""
    namespace = namespace_of(namespace_id)
    with namespace_errors(exists=TITLE_TAKEN, invalid=REFUSED):
        namespaces.rename(namespace, given.title, actor_of(request))
    return ok(_item(namespace))


@router.delete(NAMESPACE, auth=may_administer, response=Envelope[None])
def delete_namespace(request: ApiRequest, account_id: str, namespace_id: str) -> dict[str, Any]:
    """Deletes a namespace and all its keys, at once and for good. Versions that are bound to it
    keep running; its operations fail in them."""
    with state_errors():
        namespaces.delete(namespace_of(namespace_id), actor_of(request))
    return ok(None)


def namespace_of(namespace_id: str) -> StateNamespace:
    """Raises `ApiError`."""
    namespace = StateNamespace.objects.filter(kind=KIND, key=namespace_id).first()
    if namespace is None:
        raise ApiError(404, (NOT_FOUND, messages.NO_KV_NAMESPACE))
    return namespace


def _item(row: StateNamespace) -> dict[str, Any]:
    return {"id": row.key, "title": row.title, "supports_url_encoding": True}
