"""Console lines of Workers: stored once, capped by the edge, pruned by the control plane."""

import json

import pytest
from django.test import Client

from dashboard.edges.protocol.registration import register_edge
from dashboard.live.logs import fanout, subscriptions
from dashboard.observability.ingest import live_log_push
from dashboard.observability.requests import invocation_row
from routing.models import Edge, Invocation, InvocationDetail
from routing.transactions import after_commit
from tests.factories import make_deployment, make_invocation, make_worker

DETAIL = {
    "id": "boot-1",
    "worker": "shop",
    "version_id": "v",
    "ray": "abc-LOCAL",
    "outcome": "ok",
    "started_on": 1_795_380_000.25,
    "wall_ms": 12,
    "logs": [{"level": "log", "message": ["hello", {"a": 1}], "timestamp": 1}],
}
ROW = {
    "request_id": "1",
    "hop": "external",
    "worker": "shop",
    "method": "GET",
    "path": "/",
    "status": 200,
    "started_on": 1_795_380_000.25,
}
REQUEST = {"url": "http://shop/x", "method": "GET", "headers": {}}


@pytest.fixture
def edge(db):
    return Client(headers={"authorization": f"Bearer {register_edge('e1')}"})


@pytest.fixture
def published(monkeypatch):
    found = []
    monkeypatch.setattr(fanout, "publish", lambda *given: found.append(given))
    return found


def post(edge, *rows, **more):
    body = {"batch": "b1", "rows": rows, **more}
    return edge.post("/edge/v1/details", json.dumps(body), content_type="application/json")


def test_the_same_detail_twice_is_kept_once(edge):
    for _ in range(2):
        assert post(edge, DETAIL, DETAIL | {"id": "boot-2"}).status_code == 204
    assert InvocationDetail.objects.count() == 2
    row = InvocationDetail.objects.first()
    assert row.logs == DETAIL["logs"] and row.wall_ms == 12 and not row.failed


def test_a_failure_is_marked(edge):
    error = {"name": "Error", "message": "no", "stack": "at x", "timestamp": 1}
    post(edge, DETAIL | {"outcome": "exception", "exceptions": [error]})
    row = InvocationDetail.objects.get()
    assert row.failed and row.exceptions == [error]


def test_nobody_gets_in_without_a_token_and_nonsense_is_refused(edge, db):
    assert post(Client(), DETAIL).status_code == 401
    assert post(edge, {"id": 5}).status_code == 400 and not InvocationDetail.objects.exists()


def test_text_that_no_database_takes_is_made_harmless(edge):
    line = {"level": "log", "message": ["a\0b", {"c\0": "\0"}], "timestamp": 1}
    assert post(edge, DETAIL | {"logs": [line]}).status_code == 204
    assert "\0" not in json.dumps(InvocationDetail.objects.get().logs, ensure_ascii=False)


def test_only_what_somebody_waits_for_is_sent_on(edge, published):
    post(edge, DETAIL)
    assert published == []
    quiet = DETAIL | {"id": "boot-3", "logs": [], "keep": False, "event": {"request": REQUEST}}
    post(edge, DETAIL | {"id": "boot-2", "event": {"request": REQUEST}}, quiet, dropped=4)
    (group, events, dropped), (log_group, lines) = published
    assert (group, log_group, dropped) == ("tail.shop", "log.shop", 4)
    assert [e["id"] for e in events] == ["boot-2", "boot-3"]
    assert [line["place"] for line in lines] == ["abc-LOCAL.v"]
    assert "hello" in lines[0]["html"] and InvocationDetail.objects.count() == 2


def test_an_event_has_a_row_of_its_own_in_live_logs(edge, published):
    cron = {"trigger": "cron", "trigger_name": "*/5 * * * *", "scheduled_at": 1_795_380_000.0}
    event = {"cron": "*/5 * * * *", "scheduledTime": 1_795_380_000_000}
    post(edge, DETAIL | cron | {"ray": "", "event": event})
    row = InvocationDetail.objects.get()
    assert (row.trigger, row.trigger_name) == ("cron", "*/5 * * * *")
    assert row.scheduled_at.timestamp() == 1_795_380_000
    [item] = published[1][1]
    assert "place" not in item and item["reason"] == "cron"
    assert "*/5 * * * *" in item["html"] and "hello" in item["html"] and "e1" in item["html"]
    post(edge, DETAIL | {"id": "boot-9", "trigger": "cron", "scheduled_at": 1e300})
    assert InvocationDetail.objects.get(detail_id="boot-9").scheduled_at is None


def test_rows_of_a_worker_that_nobody_looks_at_are_not_rendered(edge, published):
    deployment = make_deployment(make_worker("shop"))
    rows = [make_invocation(Edge.objects.get(), deployment, path=f"/{n}") for n in range(3)]
    live_log_push.push_rows(rows)
    assert published == []
    subscriptions.watch("shop")
    live_log_push.push_rows(rows)
    ((group, items, left_out),) = published
    assert group == "log.shop" and left_out == 0 and len(items) == 3
    assert "/2" in items[2]["html"] and "Stable" in items[2]["html"]


def test_more_rows_than_anybody_reads_are_counted_instead(edge, published, monkeypatch):
    monkeypatch.setattr(live_log_push, "MAX_ROWS", 2)
    deployment = make_deployment(make_worker("shop"))
    subscriptions.watch("shop")
    live_log_push.push_rows([make_invocation(Edge.objects.get(), deployment) for _ in range(5)])
    ((_, items, left_out),) = published
    assert (len(items), left_out) == (2, 3)


def test_what_a_worker_prints_is_text_and_never_markup(edge, published):
    line = {"level": "log", "message": ["<script>alert(1)</script>"], "timestamp": 1}
    post(edge, DETAIL | {"logs": [line], "event": {"request": REQUEST}})
    html = published[1][1][0]["html"]
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_an_error_while_pushing_to_viewers_fails_no_batch(edge, monkeypatch):
    def broken(*_):
        raise RuntimeError("cannot be rendered")

    monkeypatch.setattr(invocation_row, "worker_lines_html", broken)
    monkeypatch.setattr(live_log_push, "push_rows", broken)
    before = after_commit.failures()
    assert post(edge, DETAIL | {"event": {"request": REQUEST}}).status_code == 204
    body = {"batch": "b-9", "rows": [ROW | {"ray": "a/b"}]}
    answer = edge.post("/edge/v1/invocations", json.dumps(body), content_type="application/json")
    assert answer.status_code == 204
    assert InvocationDetail.objects.count() == 1 and Invocation.objects.count() == 1
    now = after_commit.failures()
    for work in ("push details", "push invocations"):
        assert now[work] == before.get(work, 0) + 1


def test_a_watched_worker_with_an_odd_ray_is_pushed(edge, published):
    make_worker("shop")
    subscriptions.watch("shop")
    body = {"batch": "b-9", "rows": [ROW | {"ray": "a/b"}, ROW | {"request_id": "2", "ray": ""}]}
    answer = edge.post("/edge/v1/invocations", json.dumps(body), content_type="application/json")
    assert answer.status_code == 204
    assert [len(items) for _, items, *_ in published] == [2]
