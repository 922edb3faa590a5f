"""JSON of D1 databases."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import Field


class DatabaseInput(Schema):
    name: str
    jurisdiction: str | None = None
    primary_location_hint: str | None = None


class ReplicationMode(Schema):
    mode: str


class DatabaseChange(Schema):
    read_replication: ReplicationMode | None = None


class DatabaseItem(Schema):
    """`file_size` in bytes and `num_tables` are null while the state process does not answer."""

    uuid: str
    name: str
    created_at: str
    version: str
    num_tables: int | None
    file_size: int | None
    jurisdiction: str | None
    read_replication: ReplicationMode


class StatementInput(Schema):
    sql: str
    params: list[Any] = []


class QueryInput(Schema):
    """`sql` with `params`, or a `batch` of them. Several statements run in one transaction."""

    sql: str | None = None
    params: list[Any] = []
    batch: list[StatementInput] | None = Field(None, min_length=1)


class ImportInput(Schema):
    """`init` answers a link for the file whose MD5 is `etag`, `ingest` imports it."""

    action: Literal["init", "ingest", "poll"]
    etag: str = ""
    filename: str = ""
    current_bookmark: str = ""


class DumpOptions(Schema):
    no_schema: bool | None = None
    no_data: bool | None = None
    tables: list[str] | None = None
    compatibility: str | None = None


class ExportInput(Schema):
    output_format: str = "polling"
    dump_options: DumpOptions = DumpOptions()
    current_bookmark: str | None = None


class Transfer(Schema):
    """The state of an import or export."""

    success: bool
    type: str
    status: str | None = None
    messages: list[str] = []
    errors: list[str] | None = None
    error: str | None = None
    at_bookmark: str | None = None
    filename: str | None = None
    upload_url: str | None = None
    result: dict[str, Any] | None = None
