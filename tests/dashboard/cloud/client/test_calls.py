"""Calls between two Sluices: values, errors by kind, and what is never sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.cloud.client import request
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.client.request import Connection, checked_base_url
from dashboard.cloud.client.values import Share
from dashboard.egress.client import EgressResponse, NotSent, SendFailed
from routing.models import Deployment
from routing.snapshot import Secret
from tests.dashboard.cloud.conftest import BASE
from tests.factories import make_deployment, make_traffic, make_worker


@pytest.fixture
def shop(other):
    """Two versions, 10% and 90%."""
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 10), (old, 90), message="Small step")
    return str(new.id), str(old.id)


def kind_of(call, *args, **given):
    with pytest.raises(CloudError) as error:
        call(*args, **given)
    assert error.value.message
    return error.value.kind


def test_workers_versions_and_deployments(other, shop):
    new, old = shop
    client = other.client()
    [worker] = client.workers()
    assert worker.name == "shop" and worker.deployed_on and worker.subdomain.url
    assert [v.id for v in client.versions("shop")] == [new, old]
    version = client.version("shop", new)
    assert version.resources.script_runtime.compatibility_date == "2026-08-01"
    [live] = client.deployments("shop")
    assert live.versions == (Share(new, 10), Share(old, 90)) and live.message == "Small step"
    assert client.has_code(worker.id, new)


def test_the_token_is_of_a_person(other):
    client = other.client()
    assert client.verify_user_token().status == "active"
    assert kind_of(client.verify_account_token) is Kind.FORBIDDEN
    [account] = client.accounts()
    assert account.id == client.connection.account_id


def test_counts_of_all_workers_in_one_query(other, shop):
    new, old = shop
    make_traffic("shop", 40, version_id=new)
    make_traffic("shop", 360, version_id=old)
    now = timezone.now()
    before = len(other.sent)
    counts = other.client().counts(now - timedelta(minutes=10), now + timedelta(minutes=1))
    assert {c.script_version: c.requests for c in counts} == {new: 40, old: 360}
    assert {c.sample_interval for c in counts} == {1.0}
    assert other.sent[before:] == [("POST", "/client/v4/graphql")]


def test_a_tail_is_opened_for_probes_only_and_closed(other, shop):
    client = other.client()
    tail = client.open_tail("shop")
    assert tail.url.startswith("ws")
    client.close_tail("shop", tail.id)


def test_a_deployment_with_a_message(other, shop):
    new, old = shop
    made = other.client().deploy("shop", [Share(new, 25), Share(old, 75)], "Step up")
    assert str(Deployment.objects.newest_first()[0].id) == made.id
    assert other.client().deployments("shop")[0].message == "Step up"


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ({"throttled": True}, Kind.RATE_LIMITED),
        ({"lacks": ["scripts_edit"]}, Kind.FORBIDDEN),
        ({"secrets_changed": ["KEY"]}, Kind.SECRETS_CHANGED),
        ({"lost_answer_seconds": 0}, Kind.UNSURE),
    ],
)
def test_errors_of_a_deployment_by_kind(other, shop, misbehave, faults, kind):
    new, _ = shop
    misbehave(**faults)
    assert kind_of(other.client().deploy, "shop", [Share(new, 100)], "x") is kind
    took_effect = Deployment.objects.count() == 2
    assert took_effect is (kind is Kind.UNSURE)


def test_errors_of_reads_by_kind(other, shop, misbehave):
    client = other.client()
    assert kind_of(client.deployments, "none") is Kind.MISSING
    misbehave(lacks=["scripts_read", "analytics"])
    assert kind_of(client.deployments, "shop") is Kind.FORBIDDEN
    now = timezone.now()
    assert kind_of(client.counts, now - timedelta(minutes=1), now) is Kind.FORBIDDEN
    other.token = "wrong"
    assert kind_of(other.client().accounts) is Kind.FORBIDDEN


def test_after_429_nothing_is_sent_until_it_ends(other, shop, misbehave):
    client = other.client()
    misbehave(throttled=True)
    assert kind_of(client.workers) is Kind.RATE_LIMITED
    sent = len(other.sent)
    misbehave()
    assert kind_of(client.workers) is Kind.OVER_BUDGET
    assert kind_of(client.deploy, "shop", [], "") is Kind.OVER_BUDGET
    assert len(other.sent) == sent
    later = timezone.now() + timedelta(seconds=301)
    assert other.client(clock=lambda: later).workers()


@pytest.mark.parametrize(
    ("failure", "after_effect", "read", "write"),
    [
        (NotSent("no connection"), False, Kind.UNREACHABLE, Kind.UNREACHABLE),
        (SendFailed("too late"), False, Kind.UNAVAILABLE, Kind.UNSURE),
        (SendFailed("too late"), True, Kind.UNAVAILABLE, Kind.UNSURE),
    ],
)
def test_a_write_without_an_answer_is_unsure(other, shop, failure, after_effect, read, write):
    client, other.after_effect = other.client(), after_effect
    other.fail_next = failure
    assert kind_of(client.deployments, "shop") is read
    other.fail_next = failure
    assert kind_of(client.deploy, "shop", [Share(shop[0], 100)], "x") is write


@pytest.mark.parametrize(
    ("status", "text", "read", "write"),
    [
        (200, "<html>", Kind.UNREADABLE, Kind.UNSURE),
        (200, '{"success": true, "result": 7}', Kind.UNREADABLE, Kind.UNSURE),
        (200, '{"success": false}', Kind.REFUSED, Kind.REFUSED),
        (302, "", Kind.UNREADABLE, Kind.UNREADABLE),
        (520, "", Kind.UNAVAILABLE, Kind.UNSURE),
        (403, "<html>", Kind.UNREADABLE, Kind.UNREADABLE),
    ],
)
def test_answers_that_make_no_sense(db, status, text, read, write):
    connection = Connection(BASE, "a", Secret("t"))
    client = CloudClient(connection, send=lambda *a, **k: EgressResponse(status, text))
    assert kind_of(client.deployments, "shop") is read
    assert kind_of(client.deploy, "shop", [], "x") is write


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test.evil.test/client/v4",
        "https://evil.test/client/v4",
        "http://api.test/client/v4",
        "https://api.test@evil.test/client/v4",
        "https://u:p@api.test/client/v4",
        "https://api.test\\@evil.test/",
        "https://127.0.0.1/client/v4",
        "https://[::1]:8000/client/v4",
        "https://[::ffff:127.0.0.1]/client/v4",
        "http://localhost:8000/client/v4",
        "https://169.254.169.254/latest",
        "https://api.test/client/v4?x=1",
        "https://api.test:port/",
        "ftp://api.test/",
        "api.test",
        "",
    ],
)
def test_a_base_url_that_is_never_called(url):
    with pytest.raises(CloudError) as error:
        checked_base_url(url)
    assert error.value.kind is Kind.NOT_ALLOWED


def test_base_urls_that_are_called(settings):
    assert checked_base_url("https://api.test/client/v4/") == BASE
    settings.CLOUD_HOSTS = frozenset({"127.0.0.1"})
    settings.CLOUD_LOOPBACK_PORTS = frozenset({8001})
    assert checked_base_url("http://127.0.0.1:8001/client/v4")
    with pytest.raises(CloudError):
        checked_base_url("http://127.0.0.1:8002/client/v4")


def test_a_name_that_leads_back_here_is_refused_at_the_connection(db, monkeypatch):
    from dashboard.egress import addresses

    here = [(2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: here)
    client = CloudClient(Connection(BASE, "a", Secret("t")), send=request.send_checked)
    assert kind_of(client.workers) is Kind.UNREACHABLE


def test_the_token_is_in_no_error(other, shop):
    other.token = "s3cret-token"
    with pytest.raises(CloudError) as error:
        other.client().workers()
    assert "s3cret" not in repr(error.value) + str(error.value)
    assert "s3cret" not in repr(other.client().connection)
