"""Versions: upload without deploying, list, read."""

from __future__ import annotations

from typing import Any

from ninja import Query

from dashboard.api.acts.upload import upload_version, upload_warnings
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, page_info, paged, resource, whole
from dashboard.api.http.lookup import version_of, worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.request_bodies import UPLOAD_BODY
from dashboard.api.serializers.schemas import VersionItem, VersionList
from dashboard.api.serializers.upload_metadata import read_upload
from dashboard.api.serializers.version_json import version_item
from dashboard.reviews import gate
from routing import models

router = resource("Versions")
VERSIONS = SCRIPT + "/versions"


@router.get(VERSIONS, auth=may_read, response=Envelope[VersionList])
def list_versions(
    request: ApiRequest,
    account_id: str,
    script_name: str,
    paging: Query[Paging],
    deployable: bool = False,
) -> dict[str, Any]:
    """Versions, newest first; with `deployable` all that can be deployed, on one page."""
    worker = worker_named(script_name)
    if deployable:
        page = whole(list(models.deployable([worker]).select_related("author")), paging.page)
        info = page_info(paging.page, max(100, len(page)), len(page), len(page))
    else:
        rows = worker.versions.select_related("author").newest_first()
        page, info = paged(rows, paging)
    return ok({"items": [version_item(version) for version in page]}, info)


@router.post(
    VERSIONS,
    auth=may_deploy,
    response=Envelope[VersionItem],
    openapi_extra={"requestBody": UPLOAD_BODY},
)
def create_version(
    request: ApiRequest, account_id: str, script_name: str, bindings_inherit: str = ""
) -> dict[str, Any]:
    """Uploads a version of a Worker that exists; nothing is deployed."""
    worker_named(script_name)
    given = read_upload(request, script_name)
    if request.auth.source == "wrangler" and not given.annotated:
        # A plain `wrangler deploy`: if its deployment will be refused, store nothing.
        gate.permit_for(script_name, by_token=True)()
    version, _ = upload_version(
        request.auth,
        script_name,
        given,
        triggered_by="version_upload",
        strict=bindings_inherit == "strict",
    )
    result = {**version_item(version), "startup_time_ms": version.startup_time_ms}
    return ok(result, remarks=upload_warnings(version))


@router.get(VERSIONS + "/{version_id}", auth=may_read, response=Envelope[VersionItem])
def get_version(
    request: ApiRequest, account_id: str, script_name: str, version_id: str
) -> dict[str, Any]:
    """One version by its whole id."""
    return ok(version_item(version_of(worker_named(script_name), version_id)))
