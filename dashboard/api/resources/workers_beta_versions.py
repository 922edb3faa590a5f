"""Versions of the newer Workers resource: JSON uploads, and changed copies of the latest."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any, Literal

from ninja import Query, Schema
from pydantic import Field

from dashboard.api import messages
from dashboard.api.acts.upload import upload_copy, upload_version, upload_warnings
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.conditional_deploy import EXPECTED_HEADER, expected_deployment
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.api.http.lookup import latest_version, version_of, worker_by_name_or_id
from dashboard.api.http.multipart import check_parts
from dashboard.api.resources.secrets import SecretInput, change_secret
from dashboard.api.resources.workers_beta import WORKER
from dashboard.api.serializers import annotations as notes
from dashboard.api.serializers.annotations import Annotations
from dashboard.api.serializers.module_content import parts_of
from dashboard.api.serializers.schemas import WorkerVersion
from dashboard.api.serializers.upload_metadata import UploadMetadata, upload_from_settings
from dashboard.api.serializers.version_json import flat_version
from routing.models import Version, Worker
from routing.upload_draft import Part

router = resource("Workers: versions")
VERSIONS = WORKER + "/versions"


class ModuleInput(Schema):
    """A module, its content in base64."""

    name: str
    content_type: str
    content_base64: str


class VersionInput(UploadMetadata):
    """An upload as JSON."""

    modules: list[ModuleInput] = Field(max_length=1000)


class LatestChange(Schema):
    """Secrets to set, or (null) to delete, in a copy of the latest version."""

    env: dict[str, SecretInput | None] = Field(max_length=128)
    annotations: Annotations | None = None


@router.get(VERSIONS, auth=may_read, response=Envelope[list[WorkerVersion]])
def list_worker_versions(
    request: ApiRequest, account_id: str, worker_id: str, paging: Query[Paging]
) -> dict[str, Any]:
    """Versions, newest first."""
    rows = worker_by_name_or_id(worker_id).versions.newest_first().select_related("author")
    page, info = paged(rows, paging)
    return ok([flat_version(version) for version in page], info)


@router.post(
    VERSIONS,
    auth=may_deploy,
    response=Envelope[WorkerVersion],
    openapi_extra={"parameters": [EXPECTED_HEADER]},
)
def create_worker_version(
    request: ApiRequest, account_id: str, worker_id: str, given: VersionInput, deploy: bool = False
) -> dict[str, Any]:
    """Uploads a version; with `deploy` also deploys it at 100%."""
    worker = worker_by_name_or_id(worker_id)
    version, _ = upload_version(
        request.auth,
        worker.name,
        upload_from_settings(given, _parts(given.modules), worker.name),
        triggered_by="upload" if deploy else "version_upload",
        live=deploy,
        expected=expected_deployment(request),
    )
    return ok(flat_version(version), remarks=upload_warnings(version))


@router.get(VERSIONS + "/{version_id}", auth=may_read, response=Envelope[WorkerVersion])
def get_worker_version(
    request: ApiRequest,
    account_id: str,
    worker_id: str,
    version_id: str,
    include: Literal["", "modules"] = "",
) -> dict[str, Any]:
    """One version by id, or `latest`; with `include=modules` their content."""
    worker = worker_by_name_or_id(worker_id)
    version = _latest(worker) if version_id == "latest" else version_of(worker, version_id)
    modules = {"modules": [_module_item(part) for part in parts_of(version)]} if include else {}
    return ok({**flat_version(version), **modules})


@router.patch(VERSIONS + "/{version_id}", auth=may_deploy, response=Envelope[WorkerVersion])
def patch_latest_version(
    request: ApiRequest, account_id: str, worker_id: str, version_id: str, given: LatestChange
) -> dict[str, Any]:
    """Copies the latest version with these secrets changed. `version_id` must be `latest`. The copy
    is not deployed."""
    worker = worker_by_name_or_id(worker_id)
    if version_id != "latest":
        raise bad_request(messages.VERSIONS_IMMUTABLE)
    version = upload_copy(
        request.auth,
        worker,
        lambda: (_latest(worker), None),
        lambda draft: replace(
            draft,
            bindings=change_secret(draft.bindings, given.env),
            tag=notes.tag_of(given.annotations),
            message=notes.message_of(given.annotations),
        ),
    )
    return ok(flat_version(version))


@router.delete(VERSIONS + "/{version_id}", auth=may_deploy, response=Envelope[None])
def delete_worker_version(
    request: ApiRequest, account_id: str, worker_id: str, version_id: str
) -> dict[str, Any]:
    """Always refused: a deployment may contain it."""
    version_of(worker_by_name_or_id(worker_id), version_id)
    raise bad_request(messages.VERSIONS_STAY)


def _latest(worker: Worker) -> Version:
    latest = latest_version(worker)
    if latest is None:
        raise ApiError(404, (10222, messages.NO_VERSIONS))
    return latest


def _parts(given: list[ModuleInput]) -> tuple[Part, ...]:
    parts = tuple(map(_part, given))
    check_parts(parts)
    return parts


def _part(given: ModuleInput) -> Part:
    try:
        content = base64.b64decode(given.content_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request(messages.not_base64(given.name)) from error
    return Part(given.name, given.content_type, content)


def _module_item(part: Part) -> dict[str, str]:
    return {
        "name": part.name,
        "content_type": part.content_type,
        "content_base64": base64.b64encode(part.content).decode(),
    }
