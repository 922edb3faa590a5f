"""What makes events: deployments, rollouts, reviews, edges, the digest; each in its transaction."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from dashboard.fleet.propagation import Cell, Meter
from dashboard.notifications.delivery.fan_out import fan_out_all
from dashboard.notifications.events import Event
from dashboard.notifications.models import DigestWeek, InboxItem, OutboxEvent
from dashboard.notifications.sources.deployments import live_words
from dashboard.notifications.sources.edges_behind import PATIENCE, look_at_edges
from dashboard.reviews.digest.findings import overlooked
from dashboard.reviews.digest.weekly import send_weekly
from routing.control.deploy import DeployRefused, deploy
from tests.factories import T0, make_deployment, make_worker

pytestmark = pytest.mark.django_db


def codes():
    return list(OutboxEvent.objects.order_by("pk").values_list("code", flat=True))


def test_a_deployment_is_an_event_with_what_is_live(people):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    OutboxEvent.objects.all().delete()
    made = make_deployment(worker, (two, 25), (one, 75), author=people["olga"])
    (event,) = OutboxEvent.objects.all()
    assert (event.code, event.actor, event.worker) == ("deployed", "olga", "shop")
    fan_out_all(T0)
    event.refresh_from_db()
    assert event.facts["live"] == live_words(str(made.pk)) and "25%" in event.detail


def test_a_refused_deployment_is_no_event(people):
    worker = make_worker("shop")
    OutboxEvent.objects.all().delete()
    with pytest.raises(DeployRefused):
        deploy(
            worker=worker,
            shares=[("00000000-0000-4000-8000-000000000000", 100)],
            author=None,
            source="api",
            now=T0,
        )
    assert codes() == []


def test_an_edge_that_falls_behind_is_told_once_and_again_after_it_was_well(people, monkeypatch):
    cells = {"state": "applied"}

    def meter():
        silent = timedelta(seconds=60) if cells["state"] == "silent" else None
        return Meter(5, (Cell("local-1", cells["state"], 4, silent_for=silent),))

    monkeypatch.setattr("dashboard.notifications.sources.edges_behind.meter_of_all", meter)
    now = T0

    def look(seconds):
        nonlocal now
        now += timedelta(seconds=seconds)
        return look_at_edges(now)

    assert look(0) == 0
    cells["state"] = "silent"
    assert (look(1), look(5)) == (0, 0)
    assert look(PATIENCE.total_seconds()) == 1
    assert (look(60), look(60)) == (0, 0)
    cells["state"] = "applied"
    look(1)
    cells["state"] = "late"
    look(1)
    assert look(PATIENCE.total_seconds()) == 1
    fan_out_all(now)
    titles = set(InboxItem.objects.values_list("event__code", "person__username"))
    assert titles == {("edge.behind", name) for name in ("ada", "rita", "olga")}


@pytest.fixture
def forgotten():
    """A split and a version at 0%, both a month old, and a deployment of today."""
    old = datetime(2026, 10, 1, 9, tzinfo=UTC)
    for name, share in (("split", 25), ("zero", 0)):
        worker = make_worker(name, versions=2)
        one, two = worker.versions.order_by("number")
        made = make_deployment(worker, (two, share), (one, 100 - share))
        _date(made, old)
    return datetime(2026, 11, 2, 8, 30, tzinfo=UTC)  # a Monday


def _date(deployment, at):
    """Deployments are written once: the trigger is put aside."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS routing_deployment_written_once")
        cursor.execute(
            "UPDATE routing_deployment SET created_on = %s WHERE id = %s",
            [at.replace(tzinfo=None).isoformat(" "), deployment.pk.hex],
        )


def test_the_digest_names_what_nobody_looks_at(forgotten, capsys):
    found = {(f.kind, f.worker) for f in overlooked(forgotten)}
    assert {("stale_split", "split"), ("forgotten", "zero")} <= found
    call_command("digest")
    assert "split" in capsys.readouterr().out


def test_the_digest_is_sent_once_a_week_on_monday_morning(forgotten, people):
    OutboxEvent.objects.all().delete()
    assert not send_weekly(forgotten - timedelta(hours=2))
    assert send_weekly(forgotten) and not send_weekly(forgotten + timedelta(days=3))
    assert codes() == ["digest"] and DigestWeek.objects.count() == 1
    assert send_weekly(forgotten + timedelta(days=7))


def test_a_week_without_findings_sends_nothing(people):
    assert not send_weekly(datetime(2026, 11, 2, 9, tzinfo=UTC))
    assert codes() == [] and DigestWeek.objects.count() == 1


def test_notices_of_rollouts_say_what_happened(people):
    from dashboard.rollouts.conductor.notices import event_of as _event
    from dashboard.rollouts.decisions.states import State

    for state, before, reason, event in [
        (State.HELD, State.RAMPING, "held_by_person", Event.HELD),
        (State.HELD, State.RAMPING, "worse_than_stable", Event.HARM),
        (State.HELD, State.HELD, "no_figures", None),
        (State.ROLLING_BACK, State.RAMPING, "process_crashed", Event.HARM),
        (State.ROLLING_BACK, State.RAMPING, "aborted_by_person", None),
        (State.VERIFYING, State.ROLLING_BACK, "verifying", None),
        (State.ROLLED_BACK, State.VERIFYING, "verified", Event.ROLLED_BACK),
        (State.NEEDS_ATTENTION, State.VERIFYING, "not_verified", Event.ATTENTION),
        (State.DONE, State.BAKING, "baked", Event.DONE),
    ]:
        assert _event(state, before, reason) is event, (state, before, reason)
