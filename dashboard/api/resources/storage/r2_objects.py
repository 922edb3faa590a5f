"""Objects of an R2 bucket. Names can be read with the scope read, contents need deploy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, actor_of, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Problem, ok, resource
from dashboard.api.http.errors import ApiError
from dashboard.api.resources.storage.answers import state_errors
from dashboard.api.resources.storage.r2_buckets import BUCKET, bucket_of
from dashboard.storage import messages
from dashboard.storage.namespaces import record_change
from dashboard.storage.r2 import objects
from dashboard.storage.r2.download import download, set_headers
from dashboard.storage.r2.objects import HTTP_FIELDS, Object, ObjectNotFound

router = resource("R2 objects")
OBJECTS = BUCKET + "/objects"
OBJECT = OBJECTS + "/{path:key}"


class ObjectItem(Schema):
    """An object without its content."""

    key: str
    size: int
    etag: str
    last_modified: str
    storage_class: str = "Standard"
    http_metadata: dict[str, str]
    custom_metadata: dict[str, str]


class ObjectsInfo(Schema):
    """Where to go on; `delimited` are prefixes of further keys."""

    cursor: str
    is_truncated: bool
    per_page: int
    delimited: list[str]


class ObjectsEnvelope(Schema):
    """A page of objects."""

    success: bool
    errors: list[Problem]
    messages: list[Problem]
    result: list[ObjectItem]
    result_info: ObjectsInfo


class ObjectsPaging(Schema):
    """Which objects."""

    prefix: str = ""
    delimiter: str = ""
    cursor: str = ""
    per_page: int = Field(20, ge=1, le=1000)


class Stored(Schema):
    """What was stored."""

    key: str
    etag: str
    size: str
    version: str
    uploaded: str
    storage_class: str = "Standard"


class Deleted(Schema):
    """What was deleted."""

    key: str


@router.get(OBJECTS, auth=may_read, response=ObjectsEnvelope)
def list_objects(
    request: ApiRequest, account_id: str, bucket_name: str, paging: Query[ObjectsPaging]
) -> dict[str, Any]:
    """Lists objects by key, at most 100 at a time."""
    bucket = bucket_of(request, bucket_name)
    with state_errors():
        page = objects.list_objects(
            bucket.key,
            prefix=paging.prefix,
            delimiter=paging.delimiter,
            cursor=paging.cursor,
            limit=min(paging.per_page, objects.MOST_WITH_METADATA),
            with_metadata=True,
        )
    info = {
        "cursor": page.cursor,
        "is_truncated": bool(page.cursor),
        "per_page": paging.per_page,
        "delimited": list(page.prefixes),
    }
    return {**ok([_item(found) for found in page.objects]), "result_info": info}


@router.get(OBJECT, auth=may_deploy)
def get_object(
    request: ApiRequest, account_id: str, bucket_name: str, key: str
) -> StreamingHttpResponse:
    """The content itself, without an envelope; a `Range` of it with 206."""
    bucket = bucket_of(request, bucket_name)
    with _errors():
        found, pieces = objects.open_object(bucket.key, key, request.headers.get("Range", ""))
    return download(request, found, pieces)


@router.api_operation(["HEAD"], OBJECT, auth=may_deploy)
def head_object(request: ApiRequest, account_id: str, bucket_name: str, key: str) -> HttpResponse:
    """The headers of an object."""
    bucket = bucket_of(request, bucket_name)
    with _errors():
        found = objects.head(bucket.key, key)
    answer = HttpResponse()
    set_headers(answer, found)
    return answer


@router.put(OBJECT, auth=may_deploy, response=Envelope[Stored])
def put_object(request: ApiRequest, account_id: str, bucket_name: str, key: str) -> dict[str, Any]:
    """Stores the body. `Content-Type`, `Cache-Control` and their kin are stored with it."""
    bucket = bucket_of(request, bucket_name)
    http = {
        field: value for name, field in HTTP_FIELDS.items() if (value := request.headers.get(name))
    }
    with _errors(), _body(request) as (body, size):
        found = objects.put(bucket.key, key, _pieces(body), size, http=http)
    record_change("put", bucket, actor_of(request), key=key, bytes=size)
    return ok(
        {
            "key": found.key,
            "etag": found.etag,
            "size": str(found.size),
            "version": found.version,
            "uploaded": found.uploaded_at.isoformat(),
        }
    )


@router.delete(OBJECT, auth=may_deploy, response=Envelope[Deleted])
def delete_object(
    request: ApiRequest, account_id: str, bucket_name: str, key: str
) -> dict[str, Any]:
    """Deletes an object, also one that does not exist."""
    bucket = bucket_of(request, bucket_name)
    with _errors():
        objects.delete(bucket.key, [key])
    record_change("remove", bucket, actor_of(request), key=key)
    return ok({"key": key})


@contextmanager
def _errors() -> Iterator[None]:
    try:
        with state_errors():
            yield
    except ObjectNotFound:
        raise ApiError(404, (objects.NO_SUCH_KEY, messages.NO_OBJECT)) from None


@contextmanager
def _body(request: HttpRequest) -> Iterator[tuple[Any, int]]:
    """The body and its size, which is measured if the client did not name it."""
    if size := request.headers.get("Content-Length"):
        yield request, int(size)
        return
    with tempfile.TemporaryFile() as copy:
        measured = sum(copy.write(piece) for piece in _pieces(request))
        copy.seek(0)
        yield copy, measured


def _pieces(file: Any) -> Iterator[bytes]:
    return iter(lambda: file.read(objects.PIECE), b"")


def _item(found: Object) -> dict[str, Any]:
    return {
        "key": found.key,
        "size": found.size,
        "etag": found.etag,
        "last_modified": found.uploaded_at.isoformat(),
        "http_metadata": dict(found.http),
        "custom_metadata": dict(found.custom),
    }
