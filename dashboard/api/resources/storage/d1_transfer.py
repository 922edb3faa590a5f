"""Imports and exports of D1 databases. Both are complete when they are answered, so clients that
poll stop at once."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from dashboard.api.http.auth import ApiRequest, actor_of, may_deploy
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import bad_request, unsupported
from dashboard.api.resources.storage.answers import state_errors
from dashboard.api.resources.storage.d1 import INVALID, ONE, database_of
from dashboard.api.resources.storage.d1_schemas import ExportInput, ImportInput, Transfer
from dashboard.storage import namespaces
from dashboard.storage.d1 import messages, transfer
from dashboard.storage.d1.query import QueryFailed
from dashboard.storage.d1.transfer import ExportOptions, TransferRefused
from dashboard.storage.streaming import streamed

router = resource("D1")
LINKS = "/accounts/{account_id}/d1"
_ETAG = re.compile(r"[0-9a-f]{32}")
Json = dict[str, Any]


@router.post(ONE + "/import", auth=may_deploy, response=Envelope[Transfer])
def import_database(
    request: ApiRequest, account_id: str, database_id: str, given: ImportInput
) -> Json:
    """`init` answers a link to upload the file to, `ingest` imports it."""
    database, etag = database_of(database_id), given.etag.strip('"').lower()
    if given.action == "poll":
        raise bad_request(messages.NOTHING_TO_POLL, INVALID)
    if not _ETAG.fullmatch(etag):
        raise bad_request(messages.NO_ETAG, INVALID)
    if given.action == "init":
        url = _link(request, account_id, "upload", transfer.upload_token(database, etag))
        return ok(_import(upload_url=url, filename=f"{etag}.sql"))
    try:
        with state_errors(INVALID):
            done = transfer.import_upload(database, etag)
    except (QueryFailed, TransferRefused) as error:
        return ok(_import(status="error", errors=[str(error)], error=str(error)))
    facts = {"statements": done.statements, "rows_written": done.meta["rows_written"]}
    namespaces.record_change("import", database, actor_of(request), **facts)
    bookmark = _bookmark()
    result = {"num_queries": done.statements, "final_bookmark": bookmark, "meta": done.meta}
    return ok(_import(status="complete", at_bookmark=bookmark, result=result))


@router.put(LINKS + "/upload/{token}", auth=None, include_in_schema=False)
def upload_import(request: HttpRequest, account_id: str, token: str) -> HttpResponse:
    """Stores a file to import. The link is the permission."""
    try:
        upload = transfer.upload_by(token)
        upload.store(request.body, timezone.now())
    except TransferRefused as error:
        raise bad_request(str(error), INVALID) from None
    return HttpResponse(headers={"ETag": f'"{upload.etag}"'})


@router.post(ONE + "/export", auth=may_deploy, response=Envelope[Transfer])
def export_database(
    request: ApiRequest, account_id: str, database_id: str, given: ExportInput
) -> Json:
    """Answers a link to download the SQL from."""
    database, dump = database_of(database_id), given.dump_options
    if dump.compatibility not in (None, "d1"):
        raise unsupported(messages.ONLY_D1_DUMPS)
    options = ExportOptions(bool(dump.no_schema), bool(dump.no_data), tuple(dump.tables or ()))
    common = {"success": True, "type": "export", "at_bookmark": _bookmark()}
    try:
        with state_errors(INVALID):
            token = transfer.export_token(database, options)
    except (QueryFailed, TransferRefused) as error:
        refused = {"status": "error", "error": str(error), "messages": [messages.NO_DUMP]}
        return ok(common | refused)
    url = _link(request, account_id, "export", token)
    result = {"filename": f"{database.title}.sql", "signed_url": url}
    return ok(common | {"status": "complete", "messages": [], "result": result})


@router.get(LINKS + "/export/{token}", auth=None, include_in_schema=False)
def download_export(request: HttpRequest, account_id: str, token: str) -> StreamingHttpResponse:
    """The SQL of a database. The link is the permission."""
    try:
        with state_errors(INVALID):
            database, parts = transfer.export(token)
    except TransferRefused as error:
        raise bad_request(str(error), INVALID) from None
    answer = streamed(request, parts)
    answer["Content-Type"] = "application/sql"
    answer["Content-Disposition"] = f'attachment; filename="{database.title}.sql"'
    return answer


def _import(**fields: Any) -> Json:
    return {"success": True, "type": "import", "messages": [], **fields}


def _link(request: HttpRequest, account_id: str, action: str, token: str) -> str:
    path = f"/client/v4/accounts/{account_id}/d1/{action}/{token}"
    return request.build_absolute_uri(path)


def _bookmark() -> str:
    """In Cloudflare's form. Only its order has a meaning."""
    return f"{int(timezone.now().timestamp() * 1000):08x}-00000000-00000000-{'0' * 32}"
