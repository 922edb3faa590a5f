"""R2 buckets."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Query, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, actor_of, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.api.resources.storage.answers import namespace_errors, state_errors
from dashboard.storage import messages
from dashboard.storage.r2 import buckets
from dashboard.storage.r2.buckets import BucketNotEmpty
from dashboard.storage.r2.objects import KIND
from routing.models import StateNamespace

router = resource("R2 buckets")
BUCKETS = "/accounts/{account_id}/r2/buckets"
BUCKET = BUCKETS + "/{bucket_name}"
EXISTS, NAME_INVALID, NOT_FOUND, NOT_EMPTY = 10004, 10005, 10006, 10008
"""Cloudflare's codes."""
JURISDICTION = "cf-r2-jurisdiction"


class BucketItem(Schema):
    """A bucket."""

    name: str
    creation_date: str
    location: str = "WEUR"
    storage_class: str = "Standard"
    jurisdiction: str = "default"


class BucketList(Schema):
    """Buckets in order."""

    buckets: list[BucketItem]


class BucketInput(Schema):
    """A new bucket. `locationHint` and `storageClass` change nothing here."""

    name: str
    locationHint: str | None = None
    storageClass: str | None = None


class BucketFilter(Schema):
    """Which buckets, and in which order."""

    name_contains: str = ""
    start_after: str = ""
    per_page: int = Field(1000, ge=1, le=1000)
    direction: Literal["asc", "desc"] = "asc"


@router.get(BUCKETS, auth=may_read, response=Envelope[BucketList])
def list_buckets(
    request: ApiRequest, account_id: str, chosen: Query[BucketFilter]
) -> dict[str, Any]:
    """Lists buckets by name."""
    rows = StateNamespace.objects.filter(kind=KIND, key__contains=chosen.name_contains)
    rows = rows.order_by("-key" if chosen.direction == "desc" else "key")
    if chosen.start_after:
        rows = rows.filter(key__gt=chosen.start_after)
    return ok({"buckets": [_item(row) for row in rows[: chosen.per_page]]})


@router.post(BUCKETS, auth=may_deploy, response=Envelope[BucketItem])
def create_bucket(request: ApiRequest, account_id: str, given: BucketInput) -> dict[str, Any]:
    """Creates an empty bucket."""
    check_jurisdiction(request)
    refusals = namespace_errors(exists=EXISTS, invalid=NAME_INVALID, exists_status=409)
    with refusals, state_errors():
        made = buckets.create(given.name, actor_of(request))
    return ok(_item(made))


@router.get(BUCKET, auth=may_read, response=Envelope[BucketItem])
def get_bucket(request: ApiRequest, account_id: str, bucket_name: str) -> dict[str, Any]:
    """Returns one bucket."""
    return ok(_item(bucket_of(request, bucket_name)))


@router.delete(BUCKET, auth=may_deploy, response=Envelope[dict[str, Any]])
def delete_bucket(request: ApiRequest, account_id: str, bucket_name: str) -> dict[str, Any]:
    """Deletes an empty bucket. Versions that are bound to it keep running; its operations fail in
    them."""
    bucket = bucket_of(request, bucket_name)
    try:
        with state_errors():
            buckets.delete(bucket, actor_of(request))
    except BucketNotEmpty as error:
        raise ApiError(409, (NOT_EMPTY, str(error))) from None
    return ok({})


def bucket_of(request: ApiRequest, name: str) -> StateNamespace:
    """Raises `ApiError`."""
    check_jurisdiction(request)
    bucket = StateNamespace.objects.filter(kind=KIND, key=name).first()
    if bucket is None:
        raise ApiError(404, (NOT_FOUND, messages.NO_BUCKET))
    return bucket


def check_jurisdiction(request: ApiRequest) -> None:
    """Raises `ApiError`: to ignore it would store data in another place than was requested."""
    if request.headers.get(JURISDICTION, "default") != "default":
        raise bad_request(messages.NO_JURISDICTION)


def _item(row: StateNamespace) -> dict[str, Any]:
    created = row.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"name": row.key, "creation_date": created}
