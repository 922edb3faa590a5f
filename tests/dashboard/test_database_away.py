"""A locked or unreachable database is answered with 503 and when to try again."""

import sqlite3

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from dashboard.accounts.models import Role
from dashboard.edges.protocol import reports
from dashboard.edges.protocol.registration import register_edge
from routing.models import Deployment, Worker
from tests.dashboard.api.conftest import Api
from tests.factories import make_deployment, make_user, make_worker


@pytest.fixture
def locked(transactional_db):
    """Somebody else writes and does not finish; we wait 50 ms, not 20 s."""
    made = make_deployment(make_worker("shop", versions=2))
    root = make_user("root", Role.ADMIN)
    client, api = Client(raise_request_exception=False), Api(root, ["read", "deploy"])
    client.force_login(root)
    client.get("/workers/")
    api("GET", "/workers/scripts")  # what is noted at most once a minute is noted
    connection.cursor().execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield client, api, made
    other.execute("ROLLBACK")
    other.close()
    connection.close()


def test_a_deployment_is_answered_when_another_writer_holds_the_database(locked):
    client, api, made = locked
    version = Worker.objects.get().versions.get(number=1)
    fields = {"version": str(version.id), "percentage": "10", "expected": str(made.id)}
    page = client.post("/workers/shop/split/", fields)
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert b"does not answer" in page.content
    body = {
        "strategy": "percentage",
        "versions": [{"version_id": str(version.id), "percentage": 100}],
    }
    answer = api("POST", "/workers/scripts/shop/deployments", body)
    assert answer.refusal == (503, 10013) and answer.response["Retry-After"] == "5"
    assert "database" in answer.message
    assert Deployment.objects.count() == 1
    assert client.get("/workers/").status_code == 200  # readers do not wait for writers


def test_an_edge_is_told_when_to_try_again(db, monkeypatch):
    def away(*_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(reports, "accept", away)
    client = Client(
        raise_request_exception=False, headers={"authorization": f"Bearer {register_edge('e1')}"}
    )
    answer = client.post("/edge/v1/reports", {}, content_type="application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "database" in answer.json()["error"]


def test_other_errors_stay_what_they_are(db, monkeypatch):
    def broken(*_):
        raise RuntimeError("ours")

    monkeypatch.setattr(reports, "accept", broken)
    client = Client(
        raise_request_exception=False, headers={"authorization": f"Bearer {register_edge('e1')}"}
    )
    answer = client.post("/edge/v1/reports", {}, content_type="application/json")
    assert answer.status_code == 500 and "Retry-After" not in answer
