"""Refused attempts: who, what, why; bounded; and one request id for all that a click does."""

import pytest
from django.test import Client

from dashboard.accounts.models import Role, Token
from dashboard.accounts.tokens import create_token
from dashboard.trail import refusals
from routing.models import AuditEntry
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db


def refused():
    return list(AuditEntry.objects.filter(action=refusals.ACTION).order_by("pk"))


def test_a_page_refuses_a_role_and_the_trail_says_who_what_and_why(vera):
    make_worker("shop")
    answer = vera.post("/workers/shop/split/", {})
    assert answer.status_code == 403
    (entry,) = refused()
    assert (entry.actor, entry.subject, entry.source) == ("vera", "shop", "dashboard")
    assert entry.after["status"] == 403 and entry.after["attempt"].startswith("POST /workers/")
    assert "You are a viewer" in entry.after["why"]
    assert entry.request_id == answer["X-Request-Id"]


def test_reading_and_strangers_leave_nothing(vera):
    assert vera.get("/people/invite/").status_code == 403
    assert Client().post("/workers/shop/split/", {}).status_code == 302
    answer = Client().post("/api/workers/shop/rollouts", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 403
    assert refused() == []


@pytest.mark.parametrize("path", ["/api/workers/shop/rollouts", "/client/v4/accounts/{}/workers/"])
def test_a_token_is_named_with_its_owner(client, path, settings):
    make_worker("shop")
    _, secret = create_token(user=make_user("olga", Role.VIEWER), name="ci", scopes=["deploy"])
    scripts = f"/client/v4/accounts/{settings.ACCOUNT_ID}/workers/scripts/shop/deployments"
    path = scripts if "{}" in path else path
    answer = client.post(
        path, {}, "application/json", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 403
    (entry,) = refused()
    assert (entry.actor, entry.token, entry.subject) == ("olga", "ci", "shop")
    assert Token.Scope.DEPLOY in entry.after["why"]


def test_a_revoked_token_is_recorded(client):
    token, secret = create_token(user=make_user("olga", Role.ADMIN), name="old", scopes=["deploy"])
    Token.objects.update(revoked_on="2026-01-01T00:00:00Z")
    client.delete("/api/workers/shop/x", headers={"Authorization": f"Bearer {secret}"})
    client.post("/api/workers/shop/rollouts", headers={"Authorization": f"Bearer {secret}"})
    assert [e.token for e in refused()] == ["old"]
    assert "revoked" in refused()[0].after["why"]


def test_a_conflict_is_recorded(maya):
    worker = make_worker("shop", versions=2)
    answer = maya.post(f"/workers/{worker.name}/split/", {"expected": "somebody-deployed"})
    assert answer.status_code == 409
    assert [e.after["status"] for e in refused()] == [409]


def test_nobody_fills_the_disk(vera, monkeypatch):
    monkeypatch.setattr(refusals, "PER_MINUTE", 3)
    make_worker("shop")
    for _ in range(6):
        assert vera.post("/workers/shop/split/", {}).status_code == 403
    assert len(refused()) == 3 and "note" in refused()[-1].after
    monkeypatch.setattr(refusals, "PER_MINUTE", 100)
    monkeypatch.setattr(refusals, "PER_HOUR", 4)
    for _ in range(3):
        vera.post("/workers/shop/split/", {})
    assert len(refused()) == 4


def test_no_secret_of_an_address_is_recorded(vera):
    vera.post("/people/invite/", {"username": "x", "password": "hunter2secret"})
    (entry,) = refused()
    assert "hunter2secret" not in str(entry.after)


def test_a_fault_while_recording_changes_no_answer(vera, monkeypatch):
    make_worker("shop")
    monkeypatch.setattr(refusals.audit, "record", lambda *a, **k: 1 / 0)
    assert vera.post("/workers/shop/split/", {}).status_code == 403


def test_the_page_shows_it_and_finds_all_of_one_click(vera, client):
    make_worker("shop")
    click = vera.post("/workers/shop/split/", {})["X-Request-Id"]
    page = vera.get("/activity/?kind=attempt").content.decode()
    assert "Refused" in page and f"?request={click}" in page
    assert click in vera.get(f"/activity/?request={click}").content.decode()


def test_a_client_cannot_choose_the_id(maya):
    answer = maya.get("/workers/", headers={"X-Request-Id": "mine"})
    assert answer["X-Request-Id"] != "mine"
