"""A database's page: who sees what, queries, deletion."""

from __future__ import annotations

import re
import uuid

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.storage.d1 import databases
from dashboard.storage.d1.query import Statement, run
from routing.models import AuditEntry, StateNamespace
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import make_user

pytestmark = pytest.mark.django_db
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"


@pytest.fixture
def database(db: None) -> StateNamespace:
    made = databases.create(f"db-{uuid.uuid4().hex}", Actor(None, "shell", timezone.now()))
    statements = [
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name, photo)",
        "INSERT INTO people VALUES (1, '<b>ann</b>', NULL), (2, 'bob', x'0102')",
        "CREATE TABLE numbers (i)",
        f"INSERT INTO numbers {COUNT} SELECT i FROM n",
        "CREATE VIEW adults AS SELECT * FROM people",
        "CREATE TABLE [odd \"name'] (a)",
    ]
    run(made.key, [Statement(sql) for sql in statements])
    return made


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(f"a-{role}", role))
    return client


@pytest.fixture
def operator(db: None) -> Client:
    return client_of(Role.OPERATOR)


def shown(client: Client, database: StateNamespace, query: str = "") -> str:
    response = client.get(f"/storage/d1/{database.key}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, database: StateNamespace, sql: str, **more: str) -> HttpResponse:
    return client.post(f"/storage/d1/{database.key}/query/", {"sql": sql, **more})


def cells(html: str) -> list[str]:
    return re.findall(r'<td class="mono is-\w+">(.*?)</td>', html)


def test_tables_and_rows(operator: Client, database: StateNamespace) -> None:
    html = shown(operator, database, "?table=people")
    assert cells(html) == ["1", "&lt;b&gt;ann&lt;/b&gt;", "NULL", "2", "bob", "2 bytes"]
    assert "odd &quot;name&#x27;" in html and "view" in html
    assert cells(shown(operator, database, "?table=odd+%22name%27")) == []


def test_rows_are_on_pages(operator: Client, database: StateNamespace) -> None:
    first = shown(operator, database, "?table=numbers")
    assert cells(first) == [str(n) for n in range(1, 51)] and 'rel="next"' in first
    second = shown(operator, database, "?table=numbers&page=2")
    assert cells(second) == [str(n) for n in range(51, 61)] and 'rel="prev"' in second
    assert cells(shown(operator, database, "?table=numbers&page=-1")) == cells(first)
    assert cells(shown(operator, database, "?table=missing")) == cells(
        shown(operator, database, "?table=adults")
    )


def test_a_viewer_sees_tables_but_no_rows(database: StateNamespace) -> None:
    viewer = client_of(Role.VIEWER)
    html = shown(viewer, database, "?table=people")
    assert "people" in html and cells(html) == []
    assert send(viewer, database, "SELECT 1").status_code == 403


def test_a_query_that_reads_runs_at_once(operator: Client, database: StateNamespace) -> None:
    html = send(operator, database, "SELECT name FROM people WHERE id = 2; SELECT 7 AS n")
    text = html.content.decode()
    assert text.count("data-result") == 2 and "data-confirm" not in text
    assert {"bob", "7"} <= set(cells(text))
    assert not AuditEntry.objects.filter(action="d1.query").exists()


def test_a_query_that_writes_waits_for_a_confirmation(
    operator: Client, database: StateNamespace
) -> None:
    sql = "UPDATE people SET name = 'x'"
    asked = send(operator, database, sql).content.decode()
    assert "data-confirm" in asked and "2 rows" in asked
    assert "bob" in cells(shown(operator, database, "?table=people"))
    done = send(operator, database, sql, confirmed="1").content.decode()
    assert "data-confirm" not in done and "2 rows changed" in done
    assert "bob" not in cells(shown(operator, database, "?table=people"))
    entry = AuditEntry.objects.get(action="d1.query")
    assert (entry.actor, entry.subject) == ("a-operator", database.title)
    assert entry.after["sql"] == sql and entry.after["changes"] == 2


@pytest.mark.parametrize("sql", ["", "-- nothing", "SELECT * FROM missing", "BEGIN"])
def test_a_failed_query_says_why(operator: Client, database: StateNamespace, sql: str) -> None:
    failed = send(operator, database, sql)
    assert failed.status_code == 422 and b"data-query-error" in failed.content


def test_long_results_are_cut(operator: Client, database: StateNamespace) -> None:
    many = send(operator, database, "SELECT a.i FROM numbers a, numbers b").content.decode()
    assert (
        len(re.findall("is-number", many.partition("data-result")[2].partition('id="rows"')[0]))
        == 200
    )
    assert "the first of more" in many


def test_deleting_names_the_workers_and_takes_the_name(
    api: Api, operator: Client, database: StateNamespace
) -> None:
    binding = {"name": "DB", "type": "d1", "id": database.key}
    assert api.put("shop", METADATA | {"bindings": [binding]}).status == 200
    admin = client_of(Role.ADMIN)
    assert "<b>shop</b> uses it" in shown(admin, database)
    path = f"/storage/d1/{database.key}/delete/"
    assert operator.post(path, {"title": database.title}).status_code == 403
    admin.post(path, {"title": "other"})
    assert StateNamespace.objects.filter(pk=database.pk).exists()
    admin.post(path, {"title": database.title})
    assert not StateNamespace.objects.filter(pk=database.pk).exists()
    assert AuditEntry.objects.get(action="d1.delete").subject == database.title
    assert admin.get(f"/storage/d1/{database.key}/").status_code == 404


def test_an_empty_database(operator: Client) -> None:
    made = databases.create(f"e-{uuid.uuid4().hex}", Actor(None, "shell", timezone.now()))
    assert "data-empty" in shown(operator, made)


def test_without_a_state_process(
    operator: Client, database: StateNamespace, settings: object
) -> None:
    settings.STATE_URL = "https://127.0.0.1:9"  # type: ignore[attr-defined]
    assert "data-problem" in shown(operator, database)
    assert send(operator, database, "SELECT 1").status_code == 422


def test_the_page_takes_a_constant_number_of_queries(
    operator: Client, database: StateNamespace, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        shown(operator, database, "?table=people")
