"""A disk that is full or read-only: reads work, everything that writes says why it cannot."""

import errno
import os
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from dashboard.accounts.models import Role
from dashboard.edges.protocol import reports
from dashboard.edges.protocol.registration import register_edge
from dashboard.fleet import storage
from dashboard.fleet.storage import problem_of
from dashboard.ui.http.unavailable import server_error
from routing.disk import DiskState
from routing.models import Deployment, Worker
from tests.dashboard.api.conftest import Api
from tests.factories import make_deployment, make_user, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    """A person and a token; what is noted at most once a minute is noted."""
    made = make_deployment(make_worker("shop", versions=2))
    root = make_user("root", Role.ADMIN)
    client, api = Client(raise_request_exception=False), Api(root, ["read", "deploy"])
    client.force_login(root)
    client.get("/workers/")
    api("GET", "/workers/scripts")
    return client, api, made


def _full(execute, sql, params, many, context):
    if sql.startswith(("INSERT", "UPDATE", "DELETE")):
        raise OperationalError("database or disk is full")
    return execute(sql, params, many, context)


@pytest.fixture
def full(cast):
    """As SQLite says it when its file cannot grow."""
    with connection.execute_wrapper(_full):
        yield cast


@pytest.fixture
def read_only(cast):
    """SQLite itself refuses to write."""
    connection.cursor().execute("PRAGMA query_only=1")
    yield cast
    connection.close()


@pytest.fixture(params=["full", "read_only"])
def stuck(request):
    return request.getfixturevalue(request.param), request.param


def test_a_deployment_says_why_it_cannot_be_saved_and_reads_work(stuck):
    (client, api, made), state = stuck
    status, words = {"full": (507, "disk is full"), "read_only": (503, "read-only")}[state]
    version = Worker.objects.get().versions.get(number=1)
    fields = {"version": str(version.id), "percentage": "10", "expected": str(made.id)}
    answers = [client.post("/workers/shop/split/", fields)]
    body = {
        "strategy": "percentage",
        "versions": [{"version_id": str(version.id), "percentage": 100}],
    }
    refused = api("POST", "/workers/scripts/shop/deployments", body)
    answers.append(refused.response)
    answers.append(Client(raise_request_exception=False).post("/accounts/login/", _SIGN_IN))
    assert [(a.status_code, a["Retry-After"]) for a in answers] == [(status, "5")] * 3
    assert all(words in a.content.decode() for a in answers)
    assert Deployment.objects.count() == 1
    assert client.get("/workers/shop/").status_code == 200
    assert api("GET", "/workers/scripts").response.status_code == 200


_SIGN_IN = {"username": "root", "password": "not it"}


def test_whoever_comes_after_a_while_can_still_read(full, monkeypatch):
    client, _, _ = full
    monkeypatch.setattr("dashboard.accounts.last_seen_middleware.SEEN_EVERY", timedelta())
    monkeypatch.setattr("dashboard.accounts.sign_in.browsers.ACTIVE_EVERY", timedelta())
    monkeypatch.setattr("dashboard.accounts.last_seen_middleware.own_disk", lambda: DiskState.ok)
    assert client.get("/workers/shop/").status_code == 507
    monkeypatch.setattr("dashboard.accounts.last_seen_middleware.own_disk", lambda: DiskState.full)
    assert client.get("/workers/shop/").status_code == 200


def test_an_edge_is_told_as_well(db, monkeypatch):
    def full(*_):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(reports, "accept", full)
    headers = {"authorization": f"Bearer {register_edge('e1')}"}
    client = Client(raise_request_exception=False, headers=headers)
    answer = client.post("/edge/v1/reports", {}, content_type="application/json")
    assert answer.status_code == 507 and "full" in answer.json()["error"]


class DiskFull(Exception):
    sqlstate = "53100"


def test_postgresql_says_so_by_its_code():
    error = OperationalError("could not extend file")
    error.__cause__ = DiskFull()
    assert problem_of(error) == storage.Problem("full", 507)


@pytest.mark.parametrize(
    ("number", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EROFS, 503)]
)
def test_a_file_that_cannot_be_written_is_no_fault_of_the_program(number, status):
    try:
        raise OSError(number, os.strerror(number))
    except OSError:
        answer = server_error(RequestFactory().post("/workers/shop/upload/"))
    assert answer.status_code == status


def test_other_files_that_are_missing_are_ours():
    assert problem_of(FileNotFoundError(errno.ENOENT, "no such file")) is None


def test_healthz_says_that_the_disk_is_full(client, db, monkeypatch):
    monkeypatch.setattr(storage, "_checked", (float("-inf"), DiskState.ok))
    monkeypatch.setattr(storage, "disk_state", lambda folder: DiskState.full)
    answer = client.get("/healthz").json()
    assert (answer["status"], answer["reasons"]) == ("degraded", ["disk_full"])
    monkeypatch.setattr(storage, "disk_state", lambda folder: DiskState.ok)
    assert client.get("/healthz").json()["status"] == "degraded"  # looked up every two seconds
    monkeypatch.setattr(storage, "_checked", (float("-inf"), DiskState.ok))
    assert client.get("/healthz").json()["status"] == "ok"
