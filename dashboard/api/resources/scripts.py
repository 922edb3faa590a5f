"""Worker scripts: upload and deploy in one step, list, read, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from django.http import HttpResponse
from ninja import Query

from dashboard.api.acts.delete_worker import delete_worker
from dashboard.api.acts.upload import fully_live, upload_copy, upload_version, upload_warnings
from dashboard.api.http.auth import ApiRequest, may_administer, may_deploy, may_read
from dashboard.api.http.conditional_deploy import EXPECTED_HEADER, expected_deployment
from dashboard.api.http.envelope import Envelope, OptionalPaging, ok, resource
from dashboard.api.http.errors import no_worker
from dashboard.api.http.lookup import latest_version, version_of, worker_named
from dashboard.api.serializers.module_content import as_multipart, main_module
from dashboard.api.serializers.request_bodies import CONTENT_BODY, UPLOAD_BODY
from dashboard.api.serializers.schemas import ScriptItem, UploadedScript
from dashboard.api.serializers.upload_metadata import read_content, read_upload
from dashboard.api.serializers.version_json import script_item
from routing.models import Version, Worker
from routing.transactions.batches import batches

router = resource("Scripts")
SCRIPTS = "/accounts/{account_id}/workers/scripts"
SCRIPT = SCRIPTS + "/{script_name}"
LISTED = (
    "worker",
    "etag",
    "exports",
    "created_on",
    "main_module",
    "source",
    "compatibility_date",
    "compatibility_flags",
    "runtime",
    "asset_set",
)
"""The fields that `script_item` reads."""


@router.get(SCRIPTS, auth=may_read, response=Envelope[list[ScriptItem]])
def list_scripts(
    request: ApiRequest, account_id: str, paging: Query[OptionalPaging]
) -> dict[str, Any] | HttpResponse:
    """All Workers, by name, or one page with `page` or `per_page`."""
    workers, info = paging.part_of(Worker.objects.all())
    latest = Version.objects.only(*LISTED).latest_of_each()
    versions: dict[int, Version] = {}
    for keys in batches(worker.pk for worker in workers):
        versions |= {v.worker_id: v for v in latest.filter(worker__in=keys)}
    listed = ok([script_item(worker, versions.get(worker.pk)) for worker in workers], info)
    # Checking thousands of items against the schema takes longer than making them.
    return listed if info else HttpResponse(msgspec.json.encode(listed), "application/json")


@router.put(
    SCRIPT,
    auth=may_deploy,
    response=Envelope[UploadedScript],
    openapi_extra={"requestBody": UPLOAD_BODY, "parameters": [EXPECTED_HEADER]},
)
def put_script(
    request: ApiRequest, account_id: str, script_name: str, bindings_inherit: str = ""
) -> dict[str, Any]:
    """Uploads a version and deploys it at 100%. Creates the Worker if there is none."""
    version, _ = upload_version(
        request.auth,
        script_name,
        read_upload(request, script_name),
        triggered_by="upload",
        strict=bindings_inherit == "strict",
        create=True,
        live=True,
        expected=expected_deployment(request),
    )
    return ok(_uploaded(version), remarks=upload_warnings(version))


@router.get(SCRIPT, auth=may_read)
def get_script(request: ApiRequest, account_id: str, script_name: str) -> HttpResponse:
    """The main module of the latest version, as text."""
    return main_module(_version(script_name))


@router.get(SCRIPT + "/content/v2", auth=may_read)
def get_content(
    request: ApiRequest, account_id: str, script_name: str, version: str = ""
) -> HttpResponse:
    """All modules of a version (default: the latest), as multipart/form-data."""
    return as_multipart(_version(script_name, version))


@router.put(
    SCRIPT + "/content",
    auth=may_deploy,
    response=Envelope[UploadedScript],
    openapi_extra={"requestBody": CONTENT_BODY},
)
def put_content(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Replaces the modules alone: a copy of the latest version, deployed at 100%."""
    worker = worker_named(script_name)
    content = read_content(request)
    version = upload_copy(
        request.auth,
        worker,
        lambda: fully_live(worker),
        lambda draft: replace(
            draft,
            main_module=content.main_module,
            body_part=content.body_part,
            parts=content.parts,
        ),
        triggered_by="upload",
    )
    return ok(_uploaded(version), remarks=upload_warnings(version))


@router.delete(SCRIPT, auth=may_administer, response=Envelope[None])
def delete_script(
    request: ApiRequest, account_id: str, script_name: str, force: bool = False
) -> dict[str, Any]:
    """Deletes the Worker with its versions and deployments. Needs `force` if others bind it."""
    delete_worker(request.auth, worker_named(script_name), force=force)
    return ok(None)


def _uploaded(version: Version) -> dict[str, Any]:
    return {
        **script_item(version.worker, version),
        "startup_time_ms": version.startup_time_ms,
        "deployment_id": str(version.id),
        "entry_point": version.main_module or version.body_part,
    }


def _version(script_name: str, version_id: str = "") -> Version:
    worker = worker_named(script_name)
    version = version_of(worker, version_id) if version_id else latest_version(worker)
    if version is None:
        raise no_worker()
    return version
