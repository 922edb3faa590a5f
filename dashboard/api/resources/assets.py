"""Static assets: what is missing, and the files. The version's metadata then names the upload."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Schema, Status
from ninja.security.base import AuthBase

from dashboard.accounts.tokens import bearer_token
from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, may_deploy
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.api.http.multipart import Field, read_fields
from dashboard.api.resources.scripts import SCRIPT
from routing.assets import uploads
from routing.assets.manifest import ManifestInvalid, check_manifest
from routing.assets.messages import NOT_BASE64, not_base64
from routing.assets.uploads import AssetsRefused
from routing.models import AssetUpload

router = resource("Static assets")
INVALID_MANIFEST = 10304
"""Cloudflare's code."""


class ManifestInput(Schema):
    """Path → `hash` (32 hexadecimal digits) and `size` in bytes."""

    manifest: dict[str, dict[str, Any]]


class AssetSession(Schema):
    """A token for the upload, and the hashes to send, in groups of one request each."""

    jwt: str | None = None
    buckets: list[list[str]] | None = None


class UploadToken(AuthBase):
    """The token of an upload session, as a Bearer token."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "The `jwt` of an upload session."

    def __call__(self, request: HttpRequest) -> AssetUpload:
        token = bearer_token(request.headers.get("Authorization", ""))
        if not token:
            raise ApiError(400, (9106, messages.NO_TOKEN))
        try:
            return uploads.upload_by(token, timezone.now())
        except AssetsRefused as error:
            raise ApiError(403, (9109, str(error))) from None


@router.post(SCRIPT + "/assets-upload-session", auth=may_deploy, response=Envelope[AssetSession])
def create_assets_session(
    request: ApiRequest, account_id: str, script_name: str, given: ManifestInput
) -> dict[str, Any]:
    """Begins an upload. The Worker need not exist yet. Without `buckets`, all files are here and
    `jwt` goes into the version's metadata."""
    try:
        manifest = check_manifest(given.manifest)
    except ManifestInvalid as error:
        raise ApiError(400, (INVALID_MANIFEST, str(error))) from None
    begun = uploads.begin(script_name, manifest, timezone.now())
    return ok({"jwt": begun.token, "buckets": begun.buckets})


@router.post(
    "/accounts/{account_id}/workers/assets/upload",
    auth=UploadToken(),
    response={201: Envelope[AssetSession], 202: Envelope[AssetSession]},
)
def upload_assets(request: ApiRequest, account_id: str, base64: bool = False) -> Any:
    """Stores files. Each is a part that is named by its hash, in base64. 201 with a `jwt` for the
    version's metadata once all files are here, 202 before."""
    if not base64:
        raise bad_request(NOT_BASE64)
    return _store(request, {f.name.lower(): _content(f) for f in read_fields(request)})


@router.post(
    "/accounts/{account_id}/workers/assets/upload/{file_hash}",
    auth=UploadToken(),
    response={201: Envelope[AssetSession], 202: Envelope[AssetSession]},
)
def upload_asset(request: ApiRequest, account_id: str, file_hash: str) -> Any:
    """Stores one file, the body as it is. Answers as the upload of several."""
    return _store(request, {file_hash.lower(): request.body})


def _store(request: ApiRequest, files: dict[str, bytes]) -> Any:
    upload: Any = request.auth
    try:
        token = uploads.store(upload, files, timezone.now())
    except AssetsRefused as error:
        raise bad_request(str(error)) from None
    return Status(201 if token else 202, ok({"jwt": token or None}))


def _content(field: Field) -> bytes:
    try:
        return b64decode(field.content, validate=True)
    except binascii.Error:
        raise bad_request(not_base64(field.name)) from None
