"""`sluice doctor`: what it finds, its exit code, and a text for everything."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError

from dashboard.accounts.models import Role
from dashboard.cli import doctor_messages
from dashboard.cli.program import main
from dashboard.fleet.edge_condition import Condition, reasons_of
from dashboard.installation.doctor import checks
from dashboard.installation.doctor.findings import Finding
from routing.agent.state.state import EndKind
from routing.disk import DiskState
from routing.secret_encryption import encrypt_binding
from routing.snapshot import BindingSpec, Secret
from tests.factories import make_deployment, make_draft, make_edge, make_user, make_version
from tests.running import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").write_text("{}")


def problems():
    return {(f.check, f.code) for f in checks.examine() if f.code != "ok"}


def test_an_installation_without_problems(capsys):
    make_user("ada", Role.ADMIN)
    make_edge()
    assert problems() == set()
    assert main(["doctor"]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_what_is_wrong_is_an_error_with_a_code_and_advice(settings, tmp_path, capsys, monkeypatch):
    (tmp_path / "staticfiles.json").unlink()
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.delenv("SLUICE_SECRET_KEY", raising=False)
    monkeypatch.delenv("SLUICE_ACCOUNT_ID", raising=False)
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    errors = {(f["check"], f["code"]) for f in found if f["level"] == "error"}
    assert errors == {
        ("static_files", "missing"),
        ("redis", "away"),
        ("keys", "not_shared"),
        ("admin", "none"),
    }
    assert all(f["message"] for f in found)


def test_secrets_of_another_key_name_the_workers_that_edges_do_not_get(settings, monkeypatch):
    make_user("ada", Role.ADMIN)
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s"))
    make_deployment(make_version("shop", make_draft(bindings=[secret])).worker)
    assert encrypt_binding(secret)["sealed"]
    settings.SECRET_KEY = "another" * 8
    [lost] = [f for f in checks.examine() if f.check == "secrets"]
    assert (lost.code, lost.facts["workers"], lost.facts["count"]) == ("lost", "shop", 1)


def test_edges_that_are_silent_or_on_plain_http():
    make_user("ada", Role.ADMIN)
    edge = make_edge()
    edge.last_seen_on -= timedelta(minutes=5)
    edge.plain_http = True
    edge.save()
    assert problems() == {("edges", "edge_silent"), ("edges", "plain_http")}


def test_without_a_database_the_rest_is_still_checked(monkeypatch):
    def away():
        raise OperationalError("refused")

    monkeypatch.setattr(checks, "unapplied", away)
    assert problems() == {("database", "away")}
    assert {f.check for f in checks.examine()} >= {"settings", "disk", "static_files"}


def test_a_schema_of_an_earlier_release(monkeypatch):
    monkeypatch.setattr(checks, "unapplied", lambda: ["routing.0099_later"])
    assert problems() == {("database", "not_migrated")}


def test_every_problem_of_an_edge_has_a_text():
    conditions = [Condition(edge="e", disk=state) for state in DiskState]
    conditions += [Condition(edge="e", envoy_end=k) for k in (EndKind.crash, EndKind.hang)]
    conditions.append(Condition(edge="e", shared_by=("a", "b"), clock_off_ms=5000))
    facts = {"edge": "e", "seconds": "+5", "places": "a, b"}
    for code in reasons_of(conditions):
        text = doctor_messages.text_of(Finding("edges", code, facts=facts))
        assert text != code and "e" in text.split()
