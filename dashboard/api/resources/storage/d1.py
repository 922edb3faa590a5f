"""D1 databases, as wrangler and Cloudflare's SDKs use them."""

from __future__ import annotations

from typing import Any, NoReturn

from ninja import Query

from dashboard.api.http.auth import ApiRequest, actor_of, may_administer, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Failure, Paging, ok, paged, resource
from dashboard.api.http.errors import ApiError, unsupported
from dashboard.api.resources.storage.answers import namespace_errors, state_errors
from dashboard.api.resources.storage.d1_schemas import (
    DatabaseChange,
    DatabaseInput,
    DatabaseItem,
    QueryInput,
)
from dashboard.storage import namespaces
from dashboard.storage.d1 import databases, messages
from dashboard.storage.d1.query import KIND, QueryFailed, ResultSet, Statement, run
from dashboard.storage.d1.statements import split_statements
from dashboard.storage.messages import NO_JURISDICTION
from routing.control.publish import timestamp
from routing.models import StateNamespace

router = resource("D1")
DATABASES = "/accounts/{account_id}/d1/database"
ONE = DATABASES + "/{database_id}"
INVALID, MISSING, FAILED, EXISTS = 7400, 7404, 7500, 7502
"""Cloudflare's codes."""
Json = dict[str, Any]


@router.get(DATABASES, auth=may_read, response=Envelope[list[DatabaseItem]])
def list_databases(
    request: ApiRequest, account_id: str, paging: Query[Paging], name: str = ""
) -> Json:
    """Databases, newest first; with `name` only those whose name contains it."""
    rows = StateNamespace.objects.filter(kind=KIND).order_by("-created_at", "key")
    page, info = paged(rows.filter(title__icontains=name) if name else rows, paging)
    return ok([database_item(database) for database in page], info)


@router.post(DATABASES, auth=may_deploy, response=Envelope[DatabaseItem])
def create_database(request: ApiRequest, account_id: str, given: DatabaseInput) -> Json:
    """An empty database. A location hint is ignored."""
    if given.jurisdiction:
        raise unsupported(NO_JURISDICTION)
    with namespace_errors(exists=EXISTS, invalid=INVALID):
        return ok(database_item(databases.create(given.name, actor_of(request))))


@router.get(ONE, auth=may_read, response=Envelope[DatabaseItem])
def get_database(request: ApiRequest, account_id: str, database_id: str) -> Json:
    """One database, by id or name."""
    return ok(database_item(database_of(database_id)))


@router.patch(ONE, auth=may_deploy, response=Envelope[DatabaseItem])
@router.put(
    ONE, auth=may_deploy, response=Envelope[DatabaseItem], operation_id="d1_replace_database"
)
def change_database(
    request: ApiRequest, account_id: str, database_id: str, given: DatabaseChange
) -> Json:
    """Refuses read replication, the only setting there is."""
    database = database_of(database_id)
    if given.read_replication and given.read_replication.mode != "disabled":
        raise unsupported(messages.NO_REPLICATION)
    return ok(database_item(database))


@router.delete(ONE, auth=may_administer, response=Envelope[None])
def delete_database(request: ApiRequest, account_id: str, database_id: str) -> Json:
    """The database and its data. Bindings to it stay, and fail."""
    with state_errors(INVALID):
        namespaces.delete(database_of(database_id), actor_of(request))
    return ok(None)


@router.post(ONE + "/query", auth=may_deploy, response=Envelope[list[dict[str, Any]]])
def query_database(
    request: ApiRequest, account_id: str, database_id: str, given: QueryInput
) -> Json:
    """Runs SQL; a row is an object."""
    done = _run(request, database_id, given)
    return ok([_result(each, each.objects()) for each in done])


@router.post(ONE + "/raw", auth=may_deploy, response=Envelope[list[dict[str, Any]]])
def query_database_raw(
    request: ApiRequest, account_id: str, database_id: str, given: QueryInput
) -> Json:
    """Runs SQL; a row is a list of values."""
    done = _run(request, database_id, given)
    return ok([_result(each, {"columns": each.columns, "rows": each.rows}) for each in done])


@router.get(ONE + "/time_travel/bookmark", auth=may_read, response=Failure)
@router.post(
    ONE + "/time_travel/restore", auth=may_deploy, response=Failure, operation_id="d1_restore"
)
def time_travel(request: ApiRequest, account_id: str, database_id: str) -> NoReturn:
    """Refused: earlier states of a database are not stored."""
    database_of(database_id)
    raise unsupported(messages.NO_TIME_TRAVEL)


def database_of(name_or_id: str) -> StateNamespace:
    """The database, or Cloudflare's 404."""
    database = databases.find(name_or_id)
    if database is None:
        raise ApiError(404, (MISSING, messages.no_database(name_or_id)))
    return database


def database_item(database: StateNamespace) -> Json:
    size = databases.size_of(database)
    return {
        "uuid": database.key,
        "name": database.title,
        "created_at": timestamp(database.created_at),
        "version": "production",
        "num_tables": size.num_tables if size else None,
        "file_size": size.file_size if size else None,
        "jurisdiction": None,
        "read_replication": {"mode": "disabled"},
    }


def _run(request: ApiRequest, database_id: str, given: QueryInput) -> list[ResultSet]:
    """Writes leave an audit entry, without the SQL: it has values."""
    database = database_of(database_id)
    statements = _statements(given)
    with state_errors(INVALID):
        try:
            done = run(database.key, statements)
        except QueryFailed as error:
            raise ApiError(400, (FAILED, str(error))) from None
    if any(each.meta["changed_db"] for each in done):
        changes = sum(each.meta["changes"] for each in done)
        facts = {"statements": len(done), "changes": changes}
        namespaces.record_change("query", database, actor_of(request), **facts)
    return done


def _statements(given: QueryInput) -> list[Statement]:
    if given.batch is not None:
        return [one for each in given.batch for one in _split(each.sql, each.params)]
    return _split(given.sql or "", given.params)


def _split(sql: str, params: list[Any]) -> list[Statement]:
    texts = split_statements(sql)
    if not texts:
        raise ApiError(400, (FAILED, messages.NO_STATEMENT))
    if params and len(texts) > 1:
        raise ApiError(400, (INVALID, messages.PARAMETERS_NEED_ONE))
    return [Statement(text, tuple(map(_parameter, params))) for text in texts]


def _parameter(value: Any) -> Any:
    """Booleans are numbers in SQLite."""
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, list) and all(isinstance(b, int) and 0 <= b < 256 for b in value):
        return value
    raise ApiError(400, (INVALID, messages.PARAMETER_INVALID))


def _result(result: ResultSet, rows: Any) -> Json:
    return {"results": rows, "success": True, "meta": result.meta}
