"""Entries as files: every filter, no formula, whole, streamed under ASGI; page, API and command."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.test import AsyncClient

from dashboard.accounts.models import Role, Token
from dashboard.accounts.tokens import create_token
from dashboard.trail import export
from routing.control import audit
from routing.models import AuditEntry
from routing.trail import origin
from routing.trail.seal import seal_all
from tests.factories import T0, make_user

pytestmark = pytest.mark.django_db


def note(subject="shop", action="worker.create", **facts):
    audit.record(action, subject, actor=None, source="api", now=T0, **facts)


@pytest.fixture
def admin(client):
    client.force_login(make_user("ada", Role.ADMIN))
    return client


def body(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def bearer(role, scope):
    _, secret = create_token(user=make_user(f"t-{role}", role), name="t", scopes=[scope])
    return {"headers": {"Authorization": f"Bearer {secret}"}}


def test_json_lines_hold_every_column_and_the_chain(admin, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 2)
    for number in range(5):
        note(f"w{number}", after={"n": number})
    seal_all()
    lines = [json.loads(line) for line in body(admin.get("/activity/audit.jsonl")).splitlines()]
    assert [line["subject"] for line in lines] == ["w4", "w3", "w2", "w1", "w0"]
    assert all(set(line) == set(export.COLUMNS) for line in lines)
    assert [line["previous"] for line in lines][:-1] == [line["hash"] for line in lines][1:]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  ="])
def test_no_cell_is_a_formula(admin, start):
    note(f"{start}cmd|' /C calc'!A0", after=f"{start}HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(body(admin.get("/activity/audit.csv")), newline="")))
    assert rows[0]["subject"].startswith("'" + start) and rows[0]["after"].startswith("'" + start)
    assert not any(cell.lstrip(" ").startswith(export.FORMULA) for cell in rows[0].values())


def test_the_filters_are_those_of_the_page(admin):
    with origin.begin() as click:
        note("one")
    note("two", action="token.create")
    for query, found in [
        (f"request={click.request_id}", ["one"]),
        ("kind=token", ["two"]),
        ("about=one", ["one"]),
        ("q=two", ["two"]),
        (f"since={T0:%Y-%m-%d}&until={T0:%Y-%m-%d}", ["two", "one"]),
        ("until=2001-01-01", []),
        ("since=nonsense", ["two", "one"]),
    ]:
        lines = body(admin.get(f"/activity/audit.jsonl?{query}")).splitlines()
        assert [json.loads(line)["subject"] for line in lines] == found, query
        page = admin.get(f"/activity/?{query}").content.decode()
        assert [name for name in ("two", "one") if f"<b>{name}</b>" in page] == found, query


def test_only_admins_export_and_see_addresses(client, admin, vera):
    with origin.begin("10.9.8.7"):
        note()
    assert vera.get("/activity/audit.csv").status_code == 403
    assert b"10.9.8.7" not in vera.get("/activity/").content
    assert b"audit.csv" not in vera.get("/activity/").content
    assert b"10.9.8.7" in admin.get("/activity/").content
    assert "10.9.8.7" in body(admin.get("/activity/audit.csv"))
    assert admin.get("/activity/audit.exe").status_code == 404


def test_the_api_lists_and_exports(client):
    with origin.begin("10.9.8.7"):
        note("one")
        note("two")
    reader = bearer(Role.VIEWER, Token.Scope.READ)
    rows = client.get("/api/audit?limit=1", **reader).json()
    assert [row["subject"] for row in rows] == ["two"] and "address" not in rows[0]
    rows = client.get(f"/api/audit?before={rows[0]['id']}", **reader).json()
    assert [row["subject"] for row in rows] == ["one"]
    assert client.get("/api/audit/export", **reader).status_code == 403
    admin = bearer(Role.ADMIN, Token.Scope.ADMIN)
    text = body(client.get("/api/audit/export?format=csv&q=one", **admin))
    assert "one" in text and "two" not in text


@pytest.mark.django_db(transaction=True)
async def test_under_asgi_it_is_streamed(monkeypatch):
    from asgiref.sync import sync_to_async

    monkeypatch.setattr(export, "BATCH", 2)
    await sync_to_async(lambda: [note(f"w{n}") for n in range(5)])()
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(make_user)("ada", Role.ADMIN))
    response = await client.get("/activity/audit.jsonl")
    pieces = [piece async for piece in response.streaming_content]
    assert len([piece for piece in pieces if piece]) == 3
    assert len(b"".join(pieces).splitlines()) == 5


def test_the_command_exports_and_verifies(capsys):
    note("one")
    note("two")
    seal_all()
    call_command("audit", "export", "--format", "jsonl", "--q", "one")
    assert [json.loads(line)["subject"] for line in capsys.readouterr().out.splitlines()] == ["one"]
    call_command("audit", "verify")
    out = capsys.readouterr().out
    assert "Intact: 2 entries" in out
    call_command("audit", "verify", "--expect", out.strip().splitlines()[-1])  # the line as printed
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "verify", "--expect", "f" * 64, "--json")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["fault"] == "expected"
    AuditEntry.objects.filter(subject="one").delete()
    with pytest.raises(SystemExit):
        call_command("audit", "verify")
    assert "position 1" in capsys.readouterr().out


def test_a_removed_person_is_still_named(admin):
    maya = make_user("maya", Role.OPERATOR)
    audit.record("worker.create", "shop", actor=maya, source="api", now=T0)
    maya.delete()
    assert b"<b>maya</b>" in admin.get("/activity/").content
