"""Secrets stores and their secrets, as `wrangler secrets-store` and Cloudflare's SDKs use them.

No answer has a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ninja import Query, Schema
from pydantic import SecretStr

from dashboard.api.http.auth import ApiRequest, actor_of, may_administer, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import ApiError
from dashboard.api.resources.storage.answers import namespace_errors
from dashboard.storage import namespaces
from dashboard.storage.secret_stores import messages, stored_secrets
from dashboard.storage.secret_stores.stored_secrets import KIND, MOST, SecretFields, SecretRefused
from routing.control.publish import timestamp
from routing.models import StateNamespace, StoredSecret
from routing.secret_encryption import DecryptionFailed
from routing.snapshot import Secret

router = resource("Secrets Store")
STORES = "/accounts/{account_id}/secrets_store/stores"
STORE = STORES + "/{store_id}"
SECRETS = STORE + "/secrets"
SECRET = SECRETS + "/{secret_id}"
NOT_FOUND, EXISTS, INVALID = 90010, 90011, 90012
"""Ours: no store or secret of this id, one of this name exists, a value that is not allowed."""
_CODES = {"exists": (409, EXISTS), "gone": (404, NOT_FOUND)}
Json = dict[str, Any]


class StoreInput(Schema):
    name: str


class SecretInput(Schema):
    name: str
    value: SecretStr
    scopes: list[str]
    comment: str | None = None


class SecretChange(Schema):
    """What is missing stays."""

    name: str | None = None
    value: SecretStr | None = None
    scopes: list[str] | None = None
    comment: str | None = None


class CopyInput(Schema):
    name: str
    scopes: list[str]
    comment: str | None = None


class IdInput(Schema):
    id: str


@router.get("/accounts/{account_id}/secrets_store/quota", auth=may_read, response=Envelope[Json])
def get_quota(request: ApiRequest, account_id: str) -> Json:
    """How many secrets there are, and may be, in the stores together."""
    stores = StateNamespace.objects.filter(kind=KIND).count()
    usage = StoredSecret.objects.count()
    return ok({"secrets": {"quota": MOST * max(1, stores), "usage": usage}})


@router.get(STORES, auth=may_read, response=Envelope[list[Json]])
def list_stores(request: ApiRequest, account_id: str, paging: Query[Paging]) -> Json:
    """Stores by name."""
    rows = StateNamespace.objects.filter(kind=KIND).order_by("title")
    page, info = paged(rows, paging)
    return ok([_store_item(row, account_id) for row in page], info)


@router.post(STORES, auth=may_deploy, response=Envelope[Json | list[Json]])
def create_store(
    request: ApiRequest, account_id: str, given: StoreInput | list[StoreInput]
) -> Json:
    """An empty store. wrangler sends one, SDKs a list of one."""
    if isinstance(given, list):
        return ok([_create(request, account_id, item) for item in given[:1]])
    return ok(_create(request, account_id, given))


@router.delete(STORE, auth=may_administer, response=Envelope[Json])
def delete_store(request: ApiRequest, account_id: str, store_id: str) -> Json:
    """Deletes a store and its secrets. `get()` fails in versions that are bound to them."""
    store = _store(store_id)
    item = _store_item(store, account_id)
    with _errors():
        stored_secrets.delete_store(store, actor_of(request))
    return ok(item)


@router.get(SECRETS, auth=may_read, response=Envelope[list[Json]])
def list_secrets(
    request: ApiRequest, account_id: str, store_id: str, paging: Query[Paging], search: str = ""
) -> Json:
    """Secrets by name; with `search` those with it in their name or comment."""
    rows = _store(store_id).secrets.order_by("name")
    if search:
        rows = rows.filter(name__icontains=search) | rows.filter(comment__icontains=search)
    page, info = paged(rows, paging)
    return ok([_secret_item(row, store_id) for row in page], info)


@router.post(SECRETS, auth=may_deploy, response=Envelope[list[Json]])
def create_secrets(
    request: ApiRequest, account_id: str, store_id: str, given: list[SecretInput]
) -> Json:
    """Creates secrets, all or none."""
    fields = [
        SecretFields(g.name, Secret(g.value.get_secret_value()), g.comment, g.scopes) for g in given
    ]
    with _errors():
        made = stored_secrets.create(_store(store_id), fields, actor_of(request))
    return ok([_secret_item(row, store_id) for row in made])


@router.delete(SECRETS, auth=may_deploy, response=Envelope[list[Json]])
def delete_secrets(
    request: ApiRequest, account_id: str, store_id: str, given: list[IdInput]
) -> Json:
    """Deletes secrets; raises if one does not exist, before any is deleted."""
    rows = [_secret(store_id, item.id) for item in given]
    items = [_secret_item(row, store_id) for row in rows]
    with _errors():
        for row in rows:
            stored_secrets.remove(row, actor_of(request))
    return ok(items)


@router.get(SECRET, auth=may_read, response=Envelope[Json])
def get_secret(request: ApiRequest, account_id: str, store_id: str, secret_id: str) -> Json:
    """One secret, without its value."""
    return ok(_secret_item(_secret(store_id, secret_id), store_id))


@router.patch(SECRET, auth=may_deploy, response=Envelope[Json])
def change_secret(
    request: ApiRequest, account_id: str, store_id: str, secret_id: str, given: SecretChange
) -> Json:
    """Changes what is sent. Running versions read a new value within seconds."""
    row = _secret(store_id, secret_id)
    value = Secret(given.value.get_secret_value()) if given.value is not None else None
    with _errors():
        if given.name not in (None, row.name):
            raise SecretRefused("name", messages.NAME_STAYS)
        fields = SecretFields(value=value, comment=given.comment, scopes=given.scopes)
        stored_secrets.change(row, fields, actor_of(request))
    return ok(_secret_item(row, store_id))


@router.delete(SECRET, auth=may_deploy, response=Envelope[Json])
def delete_secret(request: ApiRequest, account_id: str, store_id: str, secret_id: str) -> Json:
    """Deletes a secret. `get()` fails in versions that are bound to it."""
    row = _secret(store_id, secret_id)
    item = _secret_item(row, store_id)
    with _errors():
        stored_secrets.remove(row, actor_of(request))
    return ok(item)


@router.post(SECRET + "/duplicate", auth=may_deploy, response=Envelope[Json])
def duplicate_secret(
    request: ApiRequest, account_id: str, store_id: str, secret_id: str, given: CopyInput
) -> Json:
    """Another secret with the same value."""
    fields = SecretFields(given.name, None, given.comment, given.scopes)
    with _errors():
        made = stored_secrets.duplicate(_secret(store_id, secret_id), fields, actor_of(request))
    return ok(_secret_item(made, store_id))


def _create(request: ApiRequest, account_id: str, given: StoreInput) -> Json:
    with namespace_errors(exists=EXISTS, invalid=INVALID, exists_status=409):
        made = namespaces.create(
            KIND, given.name, actor_of(request), taken=messages.store_taken(given.name)
        )
    return _store_item(made, account_id)


def _store(store_id: str) -> StateNamespace:
    store = StateNamespace.objects.filter(kind=KIND, key=store_id).first()
    if store is None:
        raise ApiError(404, (NOT_FOUND, messages.NO_STORE))
    return store


def _secret(store_id: str, secret_id: str) -> StoredSecret:
    rows = StoredSecret.objects.filter(store__kind=KIND, store__key=store_id, pk=secret_id)
    secret = rows.select_related("store").first()
    if secret is None:
        raise ApiError(404, (NOT_FOUND, messages.NO_SECRET))
    return secret


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except SecretRefused as error:
        status, code = _CODES.get(error.kind, (400, INVALID))
        raise ApiError(status, (code, str(error))) from None
    except DecryptionFailed as error:
        raise ApiError(409, (INVALID, str(error))) from None


def _store_item(row: StateNamespace, account_id: str) -> Json:
    at = timestamp(row.created_at)
    return {
        "id": row.key,
        "name": row.title,
        "account_id": account_id,
        "created": at,
        "modified": at,
    }


def _secret_item(row: StoredSecret, store_id: str) -> Json:
    return {
        "id": row.pk,
        "name": row.name,
        "store_id": store_id,
        "comment": row.comment,
        "scopes": row.scopes,
        "status": "active",
        "created": timestamp(row.created_at),
        "modified": timestamp(row.modified_at),
    }
