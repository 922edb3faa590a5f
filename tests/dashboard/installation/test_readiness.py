"""/readyz: 503 with reasons until this process can answer."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError

from dashboard.installation import readiness
from routing.version import VERSION
from tests.running import free_port
from tests.stores import redis

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_checked(monkeypatch):
    monkeypatch.setattr(readiness, "_checked", {})
    monkeypatch.setattr(readiness, "_migrated", False)
    collected(monkeypatch, {"a.css": "a.0.css"})


def collected(monkeypatch, files):
    """The manifest that this process has read."""
    monkeypatch.setattr(readiness, "staticfiles_storage", SimpleNamespace(hashed_files=files))


def test_ready_without_signing_in(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "version": VERSION})


def test_every_reason_at_once(client, monkeypatch, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(readiness, "unapplied", lambda: ["routing.0099_later"])
    collected(monkeypatch, {})
    answer = client.get("/readyz")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["reasons"] == ["not_migrated", "no_static_files", "no_redis"]
    excluded = client.get("/readyz?exclude=database&exclude=static_files&exclude=redis")
    assert excluded.status_code == 200


def test_without_a_database(client, monkeypatch):
    def away():
        raise OperationalError("connection refused")

    monkeypatch.setattr(readiness, "unapplied", away)
    assert client.get("/readyz").json()["reasons"] == ["no_database"]


def test_redis_that_answers(client, settings, tmp_path):
    with redis(tmp_path) as url:
        settings.REDIS_URL = url
        assert client.get("/readyz").status_code == 200


def test_a_result_is_used_for_a_second(client, monkeypatch):
    monkeypatch.setattr(readiness, "unapplied", lambda: ["routing.0099_later"])
    client.get("/readyz")
    monkeypatch.setattr(readiness, "unapplied", list)
    assert client.get("/readyz").json()["reasons"] == ["not_migrated"]
    monkeypatch.setattr(readiness, "_checked", {})
    assert client.get("/readyz").status_code == 200
