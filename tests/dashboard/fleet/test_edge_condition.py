"""How an edge is: one answer, whichever page, endpoint or figure is asked."""

import re
from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token
from dashboard.edges.protocol import reports
from dashboard.fleet.duplicates import with_report
from dashboard.fleet.edge_condition import ENVOY_END_SHOWN_FOR, LOSS_SHOWN_FOR, condition_of
from dashboard.observability.ingest.counts import accept
from dashboard.observability.models import Gap
from routing.models import Edge
from tests.dashboard.observability.batches import make_batch, request
from tests.factories import make_deployment, make_edge, make_user, make_worker
from tests.markup import squeezed

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-prometheus"


def surfaces(client, settings):
    """What each of them says: (silent, losing, lost lines, cannot write); None where it does not
    say that."""
    settings.METRICS_TOKEN = TOKEN
    health = client.get("/healthz").json()
    reasons = health.get("reasons", [])
    frame = client.get("/activity/").content.decode()
    worker = client.get("/workers/shop/").content.decode()
    edges = client.get("/edges/").content.decode()
    return {
        "healthz": _of(reasons),
        "frame": ('data-edges-silent="1"' in frame, "log lines lost" in squeezed(frame)),
        "worker": ('data-edges-silent="1"' in worker, "data-edge-trouble" in worker),
        "edges": _of(re.search(r'data-reasons="([^"]*)"', edges)[1].split()),
        "edges_chip": ("Silent for" in edges, "data-edge-trouble" in edges),
        "metrics": _of_metrics(client),
        "api": _of(_api(client)["reasons"]),
        "current": re.search(r'data-edges-current="(\d)"', frame)[1],
        "meter": re.search(r'data-meter-current="(\d)"', worker)[1],
    }


def _api(client):
    _, token = create_token(user=make_user("ci", Role.VIEWER), name="ci", scopes=["read"])
    answer = client.get("/api/edges", headers={"authorization": f"Bearer {token}"})
    (found,) = answer.json()
    assert found["has_newest"] == (found["silent_seconds"] is None)
    return found


def _of(reasons):
    losing = "log_lines_lost" in reasons or any(r.startswith("edge_disk") for r in reasons)
    return "edge_silent" in reasons, losing


def _of_metrics(client):
    body = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).content.decode()
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
        if sample.labels == {"edge": "local-1"}
    }
    return (
        not found["sluice_edge_up"],
        found["sluice_edge_lost_log_lines_total"] > 0 or not found["sluice_edge_disk_writable"],
    )


@pytest.mark.parametrize(
    ("age", "fields", "expected"),
    [
        (1, {}, (False, False)),
        (10, {}, (False, False)),
        (16, {}, (True, False)),
        (25, {}, (True, False)),
        (3600, {}, (True, False)),
        (1, {"disk": "full"}, (False, True)),
        (25, {"disk": "read_only"}, (True, True)),
        (1, {"lost_lines": 68, "lost_at": 3}, (False, True)),
        (25, {"lost_lines": 68, "lost_at": 3}, (True, True)),
    ],
)
def test_every_surface_says_the_same(maya, settings, age, fields, expected):
    made = make_deployment(make_worker("shop"))
    now = timezone.now()
    if "lost_at" in fields:
        fields = fields | {"lost_at": now - timedelta(seconds=fields["lost_at"])}
    seen = now - timedelta(seconds=age)
    make_edge(applied_revision=made.revision, last_seen_on=seen, **fields)
    said = surfaces(maya, settings)
    current, meter = said.pop("current"), said.pop("meter")
    assert set(said.values()) == {expected}, said
    assert current == meter == ("0" if expected[0] else "1")


def test_a_loss_is_named_for_five_minutes_and_counted_for_good():
    now = timezone.now()
    edge = make_edge(lost_lines=7, lost_at=now - LOSS_SHOWN_FOR)
    assert condition_of(edge, now).reasons == () and condition_of(edge, now).lost_lines == 7


@pytest.mark.parametrize(
    ("batch", "kind", "lines"),
    [
        ({"unwritten": 12}, Gap.Kind.UNWRITTEN, 12),
        ({"begins": 5}, Gap.Kind.DROPPED, 5),
        ({"unreadable": 2}, Gap.Kind.UNREADABLE, 2),
        ({"cut_off": True}, Gap.Kind.CUT_OFF, 0),
    ],
)
def test_every_kind_of_gap_is_on_the_edge(batch, kind, lines):
    edge = make_edge()
    accept(edge, make_batch(request(), **batch), timezone.now())
    edge.refresh_from_db()
    assert edge.lost_at is not None and edge.lost_lines == lines
    assert Gap.objects.get().kind == kind


def test_lines_that_were_not_written_are_a_gap_once():
    edge, now = make_edge(), timezone.now()
    first = make_batch(unwritten=12)
    accept(edge, first, now)
    accept(edge, first, now)
    accept(edge, make_batch(begins=3, unwritten=20), now)
    found = Gap.objects.filter(kind=Gap.Kind.UNWRITTEN).values_list("lines", flat=True)
    assert sorted(found) == [8, 12]
    assert Edge.objects.get().lost_lines == 20 + sum(
        Gap.objects.filter(kind=Gap.Kind.DROPPED).values_list("lines", flat=True)
    )


def test_an_envoy_that_hung_is_named_alike_everywhere_and_forgotten_alike(client, settings):
    make_deployment(make_worker("shop"))
    edge = make_edge("local-1")
    client.force_login(make_user("maya"))
    end = {"kind": "hang", "at": "2999-01-01T00:00:00Z", "message": "Envoy did not answer"}
    reports.accept(edge, msgspec.json.encode({"revision": 1, "envoy": {"ends": 1, "end": end}}))
    edge.refresh_from_db()
    assert edge.envoy_ended_at <= timezone.now(), "a clock that is ahead"
    trouble = 'data-edge-trouble="envoy_hang"'
    assert client.get("/healthz").json()["reasons"] == ["envoy_hang"]
    assert trouble in client.get("/workers/shop/").content.decode()
    assert "Envoy was replaced" in client.get("/activity/").content.decode()
    assert 'data-envoy-end="hang"' in client.get("/edges/").content.decode()
    assert _api(client)["reasons"] == ["envoy_hang"]

    later = timezone.now() - ENVOY_END_SHOWN_FOR
    Edge.objects.update(envoy_ended_at=later, last_seen_on=timezone.now())
    assert client.get("/healthz").json()["status"] == "ok"
    assert trouble not in client.get("/workers/shop/").content.decode()


def test_a_report_without_an_end_keeps_the_last_one():
    edge = make_edge("local-1")
    edge.envoy_end, edge.envoy_ended_at = "crash", timezone.now()
    edge.save()
    reports.accept(edge, b'{"revision": 1, "envoy": {"ends": 0, "end": null}}')
    edge.refresh_from_db()
    assert condition_of(edge, timezone.now()).reasons == ("envoy_crash",)


@pytest.mark.parametrize(
    ("offset", "expected"), [(None, False), (0, False), (2000, False), (-2001, True), (9000, True)]
)
def test_a_clock_is_off_by_more_than_two_seconds(client, offset, expected):
    make_edge(clock_offset_ms=offset)
    reasons = client.get("/healthz").json().get("reasons", [])
    assert ("edge_clock_off" in reasons) is expected


def test_two_agents_on_one_token_are_named(client):
    now = timezone.now()
    agents = {}
    for seconds, instance in ((10, "a"), (8, "b"), (5, "a")):
        at = now - timedelta(seconds=seconds)
        agents = with_report(agents, instance, f"host-{instance}", "192.0.2.1", at)
    edge = make_edge(agents=agents)
    assert condition_of(edge, now).shared_by == ("host-a (192.0.2.1)", "host-b (192.0.2.1)")
    assert client.get("/healthz").json()["reasons"] == ["edge_two_agents"]
    client.force_login(make_user("maya", Role.VIEWER))
    assert 'data-edge-trouble="edge_two_agents"' in client.get("/edges/").content.decode()
