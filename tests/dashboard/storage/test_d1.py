"""D1 databases through Cloudflare's API, with a real state process."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.storage.d1 import query, transfer
from dashboard.storage.d1.query import Statement, WouldWrite
from dashboard.storage.d1.statements import split_statements
from routing.models import AuditEntry, D1Upload
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import make_user

pytestmark = pytest.mark.django_db
DATABASES = "/d1/database"


@pytest.fixture
def database(api: Api) -> str:
    """Its path. Each test has its own name: data outlives the test."""
    made = api(
        "POST", DATABASES, {"name": f"db-{timezone.now().timestamp():.6f}".replace(".", "-")}
    )
    return f"{DATABASES}/{made.result['uuid']}"


def query_all(api: Api, database: str, sql: str, *params: Any) -> list[dict[str, Any]]:
    answer = api("POST", database + "/query", {"sql": sql, "params": list(params)})
    return [each["results"] for each in answer.result]


def test_life_of_a_database(api: Api) -> None:
    made = api("POST", DATABASES, {"name": "prod-db"}).result
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["uuid"])
    assert made["num_tables"] == 0 and made["version"] == "production"
    assert api("POST", DATABASES, {"name": "prod-db"}).refusal == (400, 7502)
    assert api("POST", DATABASES, {"name": "no spaces"}).refusal == (400, 7400)
    assert api("POST", DATABASES, {"name": "x", "jurisdiction": "eu"}).refusal == (400, 90001)
    query_all(api, f"{DATABASES}/prod-db", "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    for name in ("prod-db", made["uuid"]):
        one = api("GET", f"{DATABASES}/{name}").result
        assert (one["uuid"], one["num_tables"]) == (made["uuid"], 1) and one["file_size"] > 0
    assert [d["name"] for d in api("GET", f"{DATABASES}?per_page=10").result] == ["prod-db"]
    assert api("GET", f"{DATABASES}?page=2&per_page=10").result == []
    assert api("DELETE", f"{DATABASES}/{made['uuid']}").result is None
    assert api("GET", f"{DATABASES}/prod-db").refusal == (404, 7404)
    again = api("POST", DATABASES, {"name": "prod-db"}).result
    assert again["num_tables"] == 0 and again["uuid"] != made["uuid"]
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert [a for a in actions if a.startswith("d1.")] == [
        "d1.create",
        "d1.query",
        "d1.delete",
        "d1.create",
    ]


def test_query(api: Api, database: str) -> None:
    made, added = api(
        "POST",
        database + "/query",
        {"sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, v); -- ;\nINSERT INTO t (v) VALUES (';')"},
    ).result
    assert made["success"] and added["meta"]["changes"] == 1 and added["meta"]["duration"] > 0
    assert query_all(api, database, "SELECT * FROM t WHERE id = ?", 1) == [[{"id": 1, "v": ";"}]]
    batch = [
        {"sql": "INSERT INTO t (v) VALUES (?)", "params": [True]},
        {"sql": "SELECT v FROM t ORDER BY id"},
    ]
    rows = api("POST", database + "/query", {"batch": batch}).result[1]["results"]
    assert rows == [{"v": ";"}, {"v": 1}]
    raw = api("POST", database + "/raw", {"sql": "SELECT 1 AS a, 2 AS a"}).result[0]["results"]
    assert raw == {"columns": ["a", "a"], "rows": [[1, 2]]}


def test_a_failed_batch_changes_nothing(api: Api, database: str) -> None:
    query_all(api, database, "CREATE TABLE t (v)")
    sql = "INSERT INTO t VALUES (1); INSERT INTO missing VALUES (1)"
    refused = api("POST", database + "/query", {"sql": sql})
    assert refused.refusal == (400, 7500) and "no such table: missing" in refused.message
    assert query_all(api, database, "SELECT count(*) AS n FROM t") == [[{"n": 0}]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"sql": ""}, 7500),
        ({"sql": "-- nothing"}, 7500),
        ({"sql": "SELECT ?; SELECT ?", "params": [1, 2]}, 7400),
        ({"sql": "SELECT ?", "params": [{"a": 1}]}, 7400),
        ({"sql": "SELECT ?", "params": []}, 7500),
        ({"sql": f"SELECT {','.join('?' * 101)}", "params": [1] * 101}, 7500),
        ({"sql": "SELECT '" + "x" * 100_000 + "'"}, 7500),
        ({"sql": "SELECT ?", "params": ["x" * 2_000_001]}, 7500),
        ({"sql": "BEGIN TRANSACTION"}, 7500),
        ({"sql": "ATTACH 'x' AS y"}, 7500),
        ({"batch": []}, 10026),
    ],
)
def test_refused_queries(api: Api, database: str, body: Any, code: int) -> None:
    assert api("POST", database + "/query", body).refusal == (400, code)


def test_databases_are_separate(api: Api, database: str) -> None:
    other = api("POST", DATABASES, {"name": "other"}).result["uuid"]
    query_all(api, database, "CREATE TABLE secret (v)")
    refused = api("POST", f"{DATABASES}/{other}/query", {"sql": "SELECT * FROM secret"})
    assert refused.refusal == (400, 7500)


def test_a_viewer_may_list_but_not_query(api: Api, database: str) -> None:
    viewer = Api(make_user("vera"), ["read"])
    assert viewer("GET", database).status == 200
    for path in ("/query", "/raw", "/import", "/export"):
        assert viewer("POST", database + path, {"sql": "SELECT 1"}).refusal == (403, 9109)
    assert viewer("DELETE", database).refusal == (403, 9109)


def test_reads_are_told_from_writes(api: Api, database: str) -> None:
    key = database.rpartition("/")[2]
    query_all(
        api, database, "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 2)"
    )
    [result] = query.read(key, [Statement("SELECT * FROM t")])
    assert (result.columns, result.rows) == (("id", "v"), [[1, 2]])
    writes = (
        "UPDATE t SET v = 3",
        "DROP TABLE t",
        "ALTER TABLE t RENAME TO u",
        "CREATE TABLE z (a)",
    )
    for sql in writes:
        assert isinstance(query.read(key, [Statement(sql)]), WouldWrite)
    assert query_all(api, database, "SELECT v FROM t") == [[{"v": 2}]]


SQL = b"""\
CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
CREATE TRIGGER log AFTER INSERT ON t BEGIN
  UPDATE t SET v = v || ';' WHERE id = new.id; SELECT 1;
END;
INSERT INTO t (v) VALUES ('it''s'), (NULL);
"""


def upload(api: Api, database: str, content: bytes, etag: str = "") -> tuple[str, Any]:
    etag = etag or hashlib.md5(content).hexdigest()
    begun = api("POST", database + "/import", {"action": "init", "etag": etag}).result
    path = begun["upload_url"].partition("testserver")[2]
    return etag, Client().put(path, content, content_type="application/octet-stream")


def test_import_and_export(api: Api, database: str) -> None:
    etag, stored = upload(api, database, SQL)
    assert (stored.status_code, stored["ETag"]) == (200, f'"{etag}"')
    given = {"action": "ingest", "etag": etag, "filename": "x.sql"}
    done = api("POST", database + "/import", given).result
    assert done["status"] == "complete" and done["result"]["num_queries"] == 3
    assert done["result"]["meta"]["rows_written"] > 0 and not D1Upload.objects.exists()
    assert query_all(api, database, "SELECT v FROM t") == [[{"v": "it's;"}, {"v": None}]]

    asked = {"output_format": "polling", "dump_options": {"no_data": False}}
    exported = api("POST", database + "/export", asked).result
    assert exported["status"] == "complete"
    link = exported["result"]["signed_url"].partition("testserver")[2]
    text = b"".join(Client().get(link).streaming_content).decode()
    assert 'INSERT INTO "t" ("id","v") VALUES(1,\'it\'\'s;\');' in text
    copy = api("POST", DATABASES, {"name": "copy"}).result["uuid"]
    again, _ = upload(api, f"{DATABASES}/{copy}", text.encode())
    api("POST", f"{DATABASES}/{copy}/import", {"action": "ingest", "etag": again})
    assert query_all(api, f"{DATABASES}/{copy}", "SELECT count(*) AS n FROM t") == [[{"n": 2}]]


def test_a_failed_import_changes_nothing(api: Api, database: str) -> None:
    etag, _ = upload(api, database, SQL + b"INSERT INTO missing VALUES (1);")
    done = api("POST", database + "/import", {"action": "ingest", "etag": etag}).result
    assert done["status"] == "error" and "statement 4" in done["errors"][0]
    assert api("GET", database).result["num_tables"] == 0


def test_links_are_for_one_file_of_one_database(api: Api, database: str) -> None:
    _, wrong = upload(api, database, SQL, etag="0" * 32)
    assert wrong.status_code == 400 and not D1Upload.objects.exists()
    begun = api("POST", database + "/import", {"action": "init", "etag": "0" * 32}).result
    link = begun["upload_url"].partition("testserver")[2]
    assert Client().put(link[:-1] + "x", SQL).status_code == 400
    other = link.replace("/upload/", "/export/")
    assert Client().get(other).status_code == 400
    assert (
        api("POST", database + "/import", {"action": "ingest", "etag": "1" * 32}).result["status"]
        == "error"
    )


def test_imports_have_limits(api: Api, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MOST_MB", 0)
    _, refused = upload(api, database, SQL)
    assert refused.status_code == 400 and b"too large" in refused.content


def test_virtual_tables_are_not_exported(api: Api, database: str) -> None:
    query_all(api, database, "CREATE VIRTUAL TABLE f USING fts5(v)")
    refused = api("POST", database + "/export", {}).result
    assert refused["status"] == "error" and "Virtual Tables" in refused["error"]


def test_what_has_no_backend_is_refused_by_name(api: Api, database: str) -> None:
    assert api("GET", database + "/time_travel/bookmark").refusal == (400, 90001)
    assert api("POST", database + "/time_travel/restore").refusal == (400, 90001)
    change = {"read_replication": {"mode": "auto"}}
    assert api("PUT", database, change).refusal == (400, 90001)
    same = {"read_replication": {"mode": "disabled"}}
    assert api("PATCH", database, same).result["read_replication"]["mode"] == "disabled"


def test_a_binding_must_name_a_database(api: Api, database: str) -> None:
    missing = {"name": "DB", "type": "d1", "id": "11111111-1111-4111-8111-111111111111"}
    refused = api.put("shop", METADATA | {"bindings": [missing]})
    assert refused.refusal == (400, 10181)
    assert api("GET", "/workers/services/shop").status == 404
    bound = missing | {"id": database.rpartition("/")[2]}
    assert api.put("shop", METADATA | {"bindings": [bound]}).status == 200
    version = api("GET", "/workers/scripts/shop/versions").result["items"][0]
    shown = api("GET", f"/workers/scripts/shop/versions/{version['id']}").result
    assert shown["resources"]["bindings"] == [bound]


def test_without_a_state_process(api: Api, database: str, settings: Any) -> None:
    settings.STATE_URL = "https://127.0.0.1:9"
    assert api("POST", database + "/query", {"sql": "SELECT 1"}).refusal[0] == 503
    assert api("GET", database).result["file_size"] is None
    assert api("DELETE", database).refusal[0] == 503
    assert api("GET", database).status == 200


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        (
            "SELECT 1; SELECT ';' ; -- x;\n SELECT 2;;; /* ; */ ",
            ["SELECT 1", "SELECT ';'", "SELECT 2"],
        ),
        ("INSERT INTO [c;d] VALUES ('it''s;', \"x;y\", `;`)", None),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = 1; DELETE FROM d; END", None),
        ("SELECT 'open; SELECT 1", None),
        ("/* only */ -- comments", []),
        ("", []),
    ],
)
def test_statements(sql: str, statements: list[str] | None) -> None:
    assert split_statements(sql) == ([sql] if statements is None else statements)
