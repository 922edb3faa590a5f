"""Entries reach a signed webhook, in order, at least once; failures are visible."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from dashboard.accounts.models import Role
from dashboard.trail import push
from dashboard.trail.models import AuditPush
from routing.control import audit
from routing.trail.seal import seal_all
from tests.factories import T0, make_user
from tests.receiver import receiver

pytestmark = pytest.mark.django_db
KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def hook(settings):
    with receiver() as server:
        settings.AUDIT_WEBHOOK_URL = f"http://127.0.0.1:{server.port}/audit"
        settings.AUDIT_WEBHOOK_SECRET = "whsec_" + base64.b64encode(KEY).decode()
        settings.EXPORT_HOSTS = {"127.0.0.1"}
        yield server


def note(count):
    for number in range(count):
        audit.record("worker.create", f"w{number}", actor=None, source="api", now=T0)
    seal_all()


def subjects(request):
    return [entry["subject"] for entry in json.loads(request.body)["entries"]]


def test_batches_come_in_order_and_signed(hook, monkeypatch):
    monkeypatch.setattr(push, "BATCH", 2)
    note(3)
    assert (push.push(T0), push.push(T0), push.push(T0)) == (2, 1, 0)
    first, second = hook.requests
    assert subjects(first) + subjects(second) == ["w0", "w1", "w2"]
    assert first.headers["webhook-id"] == "audit_1_2"
    signed = f"audit_1_2.{first.headers['webhook-timestamp']}.".encode() + first.body
    mac = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert first.headers["webhook-signature"] == f"v1,{mac}"
    assert push.status().waiting == 0


def test_the_address_is_not_stored_and_an_earlier_release_s_row_goes_on(hook, settings):
    note(3)
    AuditPush.objects.create(url=settings.AUDIT_WEBHOOK_URL, position=2)
    assert push.status().waiting == 1 and push.push(T0) == 1
    assert subjects(hook.requests[0]) == ["w2"]
    [stored] = AuditPush.objects.values_list("url", flat=True)
    assert stored.startswith("127.0.0.1:") and "/audit" not in stored
    assert push.push(T0) == 0 and AuditPush.objects.count() == 1


def test_a_failure_is_visible_backs_off_and_sends_the_same_again(hook, client):
    note(1)
    hook.status = 500
    assert push.push(T0) == 0
    assert push.push(T0) == 0 and len(hook.requests) == 1  # not before its time
    assert push.push(T0 + timedelta(seconds=2)) == 0
    row = AuditPush.objects.get()
    assert row.failures == 2 and "500" in row.problem
    client.force_login(make_user("ada", Role.ADMIN))
    page = client.get("/activity/").content.decode()
    assert "1 wait after 2 failed tries" in " ".join(page.split())
    hook.status = 204
    assert push.push(T0 + timedelta(minutes=5)) == 1
    assert {request.headers["webhook-id"] for request in hook.requests} == {"audit_1_1"}
    assert push.status().failures == 0


def test_hosts_off_the_list_get_nothing(hook, settings):
    settings.EXPORT_HOSTS = {"localhost"}
    note(1)
    assert push.push(T0) == 0 and hook.requests == []
    assert "SLUICE_EXPORT_HOSTS" in AuditPush.objects.get().problem
