"""Calls about the whole account: search, settings."""

from __future__ import annotations

from typing import Any

from django.db.models import Max
from ninja import Query, Schema

from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.serializers.version_json import USAGE_MODEL
from routing.control.publish import timestamp
from routing.models import Worker

router = resource("Account")
WORKERS = "/accounts/{account_id}/workers"


class ScriptSearchItem(Schema):
    """A Worker in a search."""

    id: str
    script_name: str
    service_name: str
    environment_name: str
    environment_is_default: bool
    created_on: str
    modified_on: str


class AccountSettings(Schema):
    """Without effect here: every Worker has the same usage model."""

    default_usage_model: str = USAGE_MODEL
    green_compute: bool = False


class SearchInput(Paging):
    """Part of a name, or an id (`tag`)."""

    name: str = ""
    id: str = ""


@router.get(WORKERS + "/scripts-search", auth=may_read, response=Envelope[list[ScriptSearchItem]])
def search_scripts(
    request: ApiRequest, account_id: str, search: Query[SearchInput]
) -> dict[str, Any]:
    """Workers whose name contains `name`, by name."""
    workers = Worker.objects.filter(name__icontains=search.name)
    workers = workers.annotate(uploaded_on=Max("versions__created_on")).order_by("name")
    if search.id:
        workers = workers.filter(tag=search.id)
    page, info = paged(workers, search)
    return ok([_search_item(worker) for worker in page], info)


@router.get(WORKERS + "/account-settings", auth=may_read, response=Envelope[AccountSettings])
def get_account_settings(request: ApiRequest, account_id: str) -> dict[str, Any]:
    """The defaults of new Workers."""
    return ok({"default_usage_model": USAGE_MODEL, "green_compute": False})


@router.put(WORKERS + "/account-settings", auth=may_deploy, response=Envelope[AccountSettings])
def put_account_settings(
    request: ApiRequest, account_id: str, given: AccountSettings
) -> dict[str, Any]:
    """Accepts any value and keeps the defaults."""
    return ok({"default_usage_model": USAGE_MODEL, "green_compute": False})


def _search_item(worker: Any) -> dict[str, Any]:
    return {
        "id": worker.tag,
        "script_name": worker.name,
        "service_name": worker.name,
        "environment_name": "production",
        "environment_is_default": True,
        "created_on": timestamp(worker.created_on),
        "modified_on": timestamp(worker.uploaded_on or worker.created_on),
    }
