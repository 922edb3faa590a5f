"""A secret variable of the playground is in no row, log, tail or page, wherever it was sent."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.edges.protocol.registration import register_edge
from dashboard.live.logs import fanout, subscriptions
from dashboard.observability.ingest import access_log, worker_logs
from dashboard.playground.request.form import compose
from dashboard.sending.redaction import MASK
from dashboard.variables.models import Variable
from dashboard.variables.secret_values import secret_masks
from dashboard.variables.store import change, remove
from routing.models import AuditEntry, Edge, Invocation, InvocationDetail
from tests.dashboard.observability.ingest.test_worker_logs import DETAIL, REQUEST, ROW
from tests.factories import make_worker

SECRET = 'p@ss "word"/ü%+1'


@pytest.fixture
def edge(db):
    register_edge("e1")
    return Edge.objects.get()


@pytest.fixture
def by(admin_user):
    return Actor(admin_user, "dashboard", timezone.now())


@pytest.fixture
def published(monkeypatch):
    found = []
    monkeypatch.setattr(fanout, "publish", lambda *given: found.append(given))
    return found


def sent_path(path="/reset/{{token}}/now", secret=SECRET):
    """The path as the playground writes it on the wire."""
    return compose("shop", {"path": path}, {"token": secret}).filled.target.decode()


def batch(**more):
    return json.dumps({"batch": "b1", "rows": [ROW | more]}).encode()


def test_a_secret_in_a_path_is_masked_in_rows_and_live_logs(edge, by, published):
    make_worker("shop")
    change("other", "token", SECRET, by, secret=True)
    subscriptions.watch("shop")
    access_log.accept(edge, batch(path=sent_path(), host=f"{SECRET}.localhost"), packed=False)
    row = Invocation.objects.get()
    assert (row.path, row.host) == (f"/reset/{MASK}/now", f"{MASK}.localhost")
    [(_, [item], _)] = published
    assert f"/reset/{MASK}/now" in item["text"] and "word" not in json.dumps(item)


def test_a_secret_that_a_worker_prints_is_masked_in_details_and_tails(edge, by, published):
    change("shop", "token", SECRET, by, secret=True)
    row = DETAIL | {
        "path": sent_path(),
        "logs": [{"level": "log", "message": [f"got {SECRET}", {"a": SECRET}], "timestamp": 1}],
        "exceptions": [{"name": "Error", "message": SECRET, "stack": SECRET, "timestamp": 1}],
        "event": {"request": REQUEST | {"url": f"http://shop{sent_path()}"}},
    }
    body = json.dumps({"batch": "b1", "rows": [row]}).encode()
    worker_logs.accept(edge, body, packed=False)
    stored = InvocationDetail.objects.get()
    assert stored.path == f"/reset/{MASK}/now"
    assert stored.logs[0]["message"] == [f"got {MASK}", {"a": MASK}]
    everything = json.dumps([published, stored.exceptions], ensure_ascii=False)
    assert "word" not in everything and f"http://shop/reset/{MASK}/now" in everything


def test_other_paths_and_short_values_stay(edge, by):
    change("shop", "short", "abc", by, secret=True)
    change("shop", "plain", "visible-value", by, secret=False)
    access_log.accept(edge, batch(path="/abc/visible-value"), packed=False)
    assert Invocation.objects.get().path == "/abc/visible-value"


def test_a_secret_that_was_changed_is_masked_for_a_while(by):
    change("shop", "token", "before-it", by, secret=True)
    now = timezone.now()
    assert secret_masks(now).text("before-it") == MASK
    later = replace(by, now=now)
    change("shop", "token", "behind-it", later, secret=True)
    assert secret_masks(now).text("before-it behind-it") == f"{MASK} {MASK}"
    remove("shop", "token", later)
    assert secret_masks(now).text("behind-it") == MASK
    assert secret_masks(now + timedelta(hours=1)).text("behind-it") == "behind-it"


def test_rows_cost_one_query_more_however_many_secrets_there_are(
    edge, by, django_assert_num_queries
):
    for number in range(5):
        change("shop", f"token_{number}", f"secret-value-{number}", by, secret=True)
    secret_masks(timezone.now())
    with django_assert_num_queries(1):
        secret_masks(timezone.now())


def test_changes_of_variables_are_in_the_audit_trail_without_values(maya):
    make_worker("shop")
    url = "/playground/variables/shop/"
    for value in ("first-value", "second-value"):
        data = {"name": "token", "value": value, "secret": "1"}
        assert maya.post(url, data).status_code == 302
    assert maya.post(url, {"remove": "token"}).status_code == 302
    entries = AuditEntry.objects.filter(action__startswith="variable.").order_by("id")
    assert [entry.action for entry in entries] == [
        "variable.create",
        "variable.change",
        "variable.delete",
    ]
    assert {entry.subject for entry in entries} == {"shop"}
    assert entries[0].after == {"name": "token", "secret": True}
    assert entries[2].before == {"name": "token", "secret": True}
    assert "-value" not in json.dumps([[e.before, e.after] for e in entries])
    assert not Variable.objects.exists()
    assert b"made a variable of" in maya.get("/activity/").content
