"""Keys and values of a KV namespace. Names can be read with the scope read, values need deploy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, actor_of, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Problem, ok, resource
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.api.http.multipart import read_fields
from dashboard.api.resources.storage.answers import state_errors
from dashboard.api.resources.storage.kv_namespaces import NAMESPACE, namespace_of
from dashboard.storage import kv, messages
from dashboard.storage.kv import Key, KeyNotFound
from dashboard.storage.namespaces import record_change

router = resource("KV keys and values")
VALUE = NAMESPACE + "/values/{path:key_name}"
KEY_NOT_FOUND = 10009
"""Cloudflare's code."""
MOST_PAIRS = 10_000


class KeyItem(Schema):
    """A key; `expiration` are Unix seconds."""

    name: str
    expiration: int | None = None
    metadata: Any = None


class CursorInfo(Schema):
    """`cursor` is empty on the last page."""

    count: int
    cursor: str


class KeysEnvelope(Schema):
    """A page of keys."""

    success: bool
    errors: list[Problem]
    messages: list[Problem]
    result: list[KeyItem]
    result_info: CursorInfo


class KeysPaging(Schema):
    """Which keys, and where to go on."""

    prefix: str = ""
    limit: int = Field(1000, ge=10, le=1000)
    cursor: str = ""


class PairInput(Schema):
    """A key with its value. `expiration_ttl` counts if both times are given."""

    key: str
    value: str
    base64: bool = False
    expiration: int | None = None
    expiration_ttl: int | None = None
    metadata: Any = None


class BulkResult(Schema):
    """What was done, and the keys that failed."""

    successful_key_count: int
    unsuccessful_keys: list[str]


class BulkGetInput(Schema):
    """Up to 100 keys."""

    keys: list[str]
    type: Literal["text", "json"] = "text"
    withMetadata: bool = False


class BulkValues(Schema):
    """Values by key; null for missing ones."""

    values: dict[str, Any]


class Expiration(Schema):
    """When the key expires; `expiration_ttl` counts if both are given."""

    expiration: int | None = None
    expiration_ttl: int | None = None


@router.get(NAMESPACE + "/keys", auth=may_read, response=KeysEnvelope)
def list_keys(
    request: ApiRequest, account_id: str, namespace_id: str, paging: Query[KeysPaging]
) -> dict[str, Any]:
    """Lists keys in order, with their metadata."""
    namespace = namespace_of(namespace_id)
    with state_errors():
        page = kv.list_keys(
            namespace.key, prefix=paging.prefix, limit=paging.limit, cursor=paging.cursor
        )
    items = [_key_item(key) for key in page.keys]
    return {**ok(items), "result_info": {"count": len(items), "cursor": page.cursor}}


@router.get(VALUE, auth=may_deploy)
def get_value(
    request: ApiRequest, account_id: str, namespace_id: str, key_name: str
) -> HttpResponse:
    """The value itself, without an envelope."""
    namespace = namespace_of(namespace_id)
    with state_errors():
        try:
            value = kv.get(namespace.key, key_name)
            expiration = kv.find_key(namespace.key, key_name).expiration
        except KeyNotFound:
            raise _no_key() from None
    answer = HttpResponse(value.content, content_type="application/octet-stream")
    if expiration is not None:
        answer["Expiration"] = datetime.fromtimestamp(expiration, UTC).isoformat()
    return answer


@router.get(NAMESPACE + "/metadata/{path:key_name}", auth=may_deploy, response=Envelope[Any])
def get_metadata(
    request: ApiRequest, account_id: str, namespace_id: str, key_name: str
) -> dict[str, Any]:
    """The metadata of a key."""
    namespace = namespace_of(namespace_id)
    with state_errors():
        try:
            return ok(kv.find_key(namespace.key, key_name).metadata)
        except KeyNotFound:
            raise _no_key() from None


@router.put(VALUE, auth=may_deploy, response=Envelope[None])
def put_value(
    request: ApiRequest,
    account_id: str,
    namespace_id: str,
    key_name: str,
    expires: Query[Expiration],
) -> dict[str, Any]:
    """Stores a value: the body, or its part `value` with the part `metadata` (JSON)."""
    namespace = namespace_of(namespace_id)
    value, metadata = _value_of(request)
    with state_errors():
        kv.put(
            namespace.key,
            key_name,
            value,
            metadata=metadata,
            expiration=expires.expiration,
            ttl=expires.expiration_ttl,
        )
    record_change("put", namespace, actor_of(request), key=key_name, bytes=len(value))
    return ok(None)


@router.delete(VALUE, auth=may_deploy, response=Envelope[None])
def delete_value(
    request: ApiRequest, account_id: str, namespace_id: str, key_name: str
) -> dict[str, Any]:
    """Deletes a key, also one that does not exist."""
    namespace = namespace_of(namespace_id)
    with state_errors():
        kv.delete(namespace.key, key_name)
    record_change("remove", namespace, actor_of(request), key=key_name)
    return ok(None)


@router.put(NAMESPACE + "/bulk", auth=may_deploy, response=Envelope[BulkResult])
def put_pairs(
    request: ApiRequest, account_id: str, namespace_id: str, pairs: Body[list[PairInput]]
) -> dict[str, Any]:
    """Stores up to 10,000 pairs."""
    namespace = namespace_of(namespace_id)
    _check_count(len(pairs))
    with state_errors():
        failed = kv.put_many(namespace.key, [pair.dict(exclude_none=True) for pair in pairs])
    record_change("put", namespace, actor_of(request), keys=len(pairs), failed=len(failed))
    return ok(_bulk_result(len(pairs), failed))


@router.delete(NAMESPACE + "/bulk", auth=may_deploy, response=Envelope[BulkResult])
@router.post(
    NAMESPACE + "/bulk/delete",
    auth=may_deploy,
    response=Envelope[BulkResult],
    operation_id="kv_post_delete_keys",
)
def delete_keys(
    request: ApiRequest, account_id: str, namespace_id: str, names: Body[list[str]]
) -> dict[str, Any]:
    """Deletes up to 10,000 keys."""
    namespace = namespace_of(namespace_id)
    _check_count(len(names))
    with state_errors():
        failed = kv.delete_many(namespace.key, names)
    record_change("remove", namespace, actor_of(request), keys=len(names), failed=len(failed))
    return ok(_bulk_result(len(names), failed))


@router.post(NAMESPACE + "/bulk/get", auth=may_deploy, response=Envelope[BulkValues])
def get_pairs(
    request: ApiRequest, account_id: str, namespace_id: str, given: BulkGetInput
) -> dict[str, Any]:
    """Values of up to 100 keys."""
    namespace = namespace_of(namespace_id)
    with state_errors():
        values = kv.get_many(
            namespace.key,
            given.keys,
            as_json=given.type == "json",
            with_metadata=given.withMetadata,
        )
    return ok({"values": values})


def _value_of(request: HttpRequest) -> tuple[bytes, Any]:
    """The value and the metadata, None without any. Raises `ApiError`."""
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        return request.body, None
    fields = {field.name: field.content for field in read_fields(request)}
    if "value" not in fields:
        raise bad_request(messages.VALUE_MISSING)
    try:
        return fields["value"], json.loads(fields["metadata"]) if fields.get("metadata") else None
    except ValueError:
        raise bad_request(messages.METADATA_INVALID) from None


def _key_item(key: Key) -> dict[str, Any]:
    item: dict[str, Any] = {"name": key.name}
    if key.expiration is not None:
        item["expiration"] = key.expiration
    if key.metadata is not None:
        item["metadata"] = key.metadata
    return item


def _check_count(count: int) -> None:
    if count > MOST_PAIRS:
        raise bad_request(messages.too_many_pairs(count, MOST_PAIRS))


def _bulk_result(count: int, failed: list[dict[str, Any]]) -> dict[str, Any]:
    """Raises `ApiError` if all failed, with the reason of the first."""
    if failed and len(failed) == count:
        raise bad_request(failed[0]["message"])
    return {
        "successful_key_count": count - len(failed),
        "unsuccessful_keys": [one["key"] for one in failed],
    }


def _no_key() -> ApiError:
    return ApiError(404, (KEY_NOT_FOUND, messages.NO_KEY))
