"""Imports and exports of whole databases, as `wrangler d1 execute --file` and `d1 export` use them.

A file is uploaded to a link, then imported in one transaction. An export is a link too, and is made
while it is downloaded.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.core import signing

from dashboard.storage.client import state_client
from dashboard.storage.d1 import messages
from dashboard.storage.d1.query import KIND, QueryFailed, Statement, post_json, read
from dashboard.storage.d1.statements import split_statements
from routing.models import D1Upload, StateNamespace

MOST_MB = 40
LINK_VALID = timedelta(hours=1)
STATEMENT_BYTES = 100_000
_UPLOAD, _EXPORT = "d1.upload", "d1.export"
_VIRTUAL = (
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
)


class TransferRefused(ValueError):
    """The message is for the client."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    no_schema: bool = False
    no_data: bool = False
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    statements: int
    meta: dict[str, Any]


def upload_token(database: StateNamespace, etag: str) -> str:
    """For the link to upload a file whose MD5 is `etag`."""
    return signing.dumps([database.key, etag], salt=_UPLOAD)


@dataclass(frozen=True, slots=True)
class Upload:
    """Permission to upload one file."""

    database: StateNamespace
    etag: str

    def store(self, content: bytes, now: datetime) -> None:
        """Stores the file for an hour. Raises `TransferRefused`."""
        if len(content) > MOST_MB * 1024**2:
            raise TransferRefused(messages.import_too_large(MOST_MB))
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if digest != self.etag:
            raise TransferRefused(messages.wrong_etag(self.etag, digest))
        D1Upload.objects.filter(created_at__lt=now - LINK_VALID).delete()
        D1Upload.objects.update_or_create(
            database=self.database,
            etag=digest,
            defaults={"content": content, "created_at": now},
        )


def upload_by(token: str) -> Upload:
    """What the token of `upload_token` permits. Raises `TransferRefused`."""
    key, etag = _opened(token, _UPLOAD)
    return Upload(_database(key), etag)


def import_upload(database: StateNamespace, etag: str) -> Imported:
    """Runs the uploaded file in one transaction, and forgets it. Raises `TransferRefused`,
    `QueryFailed` and `StateUnavailable`."""
    upload = D1Upload.objects.filter(database=database, etag=etag).first()
    if upload is None:
        raise TransferRefused(messages.NOTHING_UPLOADED)
    statements = _statements(bytes(upload.content))
    begun = time.monotonic()
    meta = post_json(database.key, "/import", statements)
    upload.delete()
    if "error" in meta:
        raise QueryFailed(meta["error"])
    duration = (time.monotonic() - begun) * 1000
    return Imported(len(statements), meta | {"duration": round(duration, 4)})


def export_token(database: StateNamespace, options: ExportOptions) -> str:
    """For the link to an export. Raises `TransferRefused` if it would fail."""
    [virtual] = _reads(database, _VIRTUAL)
    if virtual:
        raise TransferRefused(messages.VIRTUAL_TABLES)
    return signing.dumps([database.key, asdict(options)], salt=_EXPORT)


def export(token: str) -> tuple[StateNamespace, Iterator[bytes]]:
    """The database's SQL. Raises `TransferRefused` and `StateUnavailable`."""
    key, options = _opened(token, _EXPORT)
    database = _database(key)
    given = {
        "noSchema": options["no_schema"],
        "noData": options["no_data"],
        "tables": options["tables"],
    }
    parts = state_client().stream(KIND, key, "POST", "/export", json=given)
    first = next(parts, b"")  # whatever is refused, is refused here
    return database, chain([first], parts)


def _database(key: str) -> StateNamespace:
    database = StateNamespace.objects.filter(kind=KIND, key=key).first()
    if database is None:
        raise TransferRefused(messages.no_database(key))
    return database


def _opened(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=LINK_VALID)
    except signing.BadSignature:
        raise TransferRefused(messages.LINK_INVALID) from None


def _statements(content: bytes) -> list[str]:
    try:
        statements = split_statements(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TransferRefused(messages.NOT_UTF8) from None
    for number, statement in enumerate(statements, 1):
        if len(statement.encode()) > STATEMENT_BYTES:
            raise TransferRefused(messages.statement_too_long(number, STATEMENT_BYTES))
    if not statements:
        raise TransferRefused(messages.NO_STATEMENT)
    return statements


def _reads(database: StateNamespace, sql: str) -> list[Any]:
    """The first row."""
    answer = read(database.key, [Statement(sql)])
    assert isinstance(answer, list)
    return answer[0].rows[0]
