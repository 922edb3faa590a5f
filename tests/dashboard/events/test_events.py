"""Events of schedules: when they are due, which version and edge they get, and how they end."""

import json
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from django.utils import timezone

from dashboard.events import due, rows, start, upkeep
from dashboard.events.due import DueSchedules, start_due
from dashboard.events.outcomes import ANSWER_WITHIN, WAIT, pick_edge
from dashboard.events.start import CannotStart, Draws, start_manually
from routing.event_delivery import EventAnswer, EventFailure
from routing.models import Edge, Schedule, WorkerEvent
from tests.dashboard.events.makers import MINUTE, SECOND, delivering_edge, scheduled_worker
from tests.factories import make_user, make_version, says_fine

pytestmark = pytest.mark.django_db


def answered(edge, event, **fields):
    return rows.answer(edge.pk, event.pk, msgspec.json.encode(EventAnswer(**fields)), SECOND)


def test_an_event_per_schedule_and_minute_whoever_looks():
    scheduled_worker("shop", "*/5 * * * *", "0 0 * * *")
    edge = delivering_edge()
    for looker in (DueSchedules(lambda: 0.0), DueSchedules(lambda: 0.9)):
        looker.look(SECOND)
        looker.look(SECOND + timedelta(seconds=1))
    event = WorkerEvent.objects.get()
    assert (event.name, event.scheduled_at, event.edge) == ("*/5 * * * *", MINUTE, edge)
    assert json.loads(event.payload) == {
        "cron": "*/5 * * * *",
        "scheduledTime": round(MINUTE.timestamp() * 1000),
    }


def test_a_minute_that_nobody_looked_at_is_missed():
    scheduled_worker("shop", "* * * * *")
    DueSchedules(lambda: 0.0).look(MINUTE + timedelta(seconds=56))
    assert not WorkerEvent.objects.exists()
    DueSchedules(lambda: 0.0).look(MINUTE + timedelta(seconds=54))
    assert WorkerEvent.objects.get().scheduled_at == MINUTE


@pytest.mark.parametrize(("draw", "index"), [(0.0, 1), (0.24, 1), (0.26, 0), (0.99, 0)])
def test_the_split_picks_the_version(draw, index):
    worker = scheduled_worker("shop", "* * * * *", split=(75, 25))
    start_due(MINUTE, SECOND, lambda: draw)
    versions = list(worker.versions.order_by("number"))
    assert WorkerEvent.objects.get().version == versions[index]


def test_a_version_without_a_handler_ends_at_once():
    scheduled_worker("shop", "* * * * *", inspect=says_fine)
    delivering_edge()
    start_due(MINUTE, SECOND, lambda: 0.0)
    event = WorkerEvent.objects.get()
    assert (event.outcome, event.ended_at, event.edge) == ("noHandler", SECOND, None)


def test_many_schedules_take_few_queries(django_assert_max_num_queries):
    for number in range(4):
        scheduled_worker(f"shop-{number}", *(f"{n} * * * *" for n in (5, 6)))
    with django_assert_max_num_queries(12):
        start_due(MINUTE, SECOND, lambda: 0.0)
    assert WorkerEvent.objects.count() == 4


def test_a_worker_without_a_deployment_is_left_out():
    make_version("shop")
    worker = scheduled_worker("other").__class__.objects.get(name="shop")
    now = timezone.now()
    Schedule.objects.create(worker=worker, cron="* * * * *", created_on=now, modified_on=now)
    start_due(MINUTE, SECOND, lambda: 0.0)
    assert not WorkerEvent.objects.exists()


def test_only_connected_edges_of_the_workers_groups_get_events():
    worker = scheduled_worker("shop", "* * * * *")
    delivering_edge("old", SECOND - timedelta(seconds=20))
    Edge.objects.create(name="earlier", token_sha256="x", created_on=SECOND, last_seen_on=SECOND)
    draining = delivering_edge("draining", draining_at=SECOND)
    lagging = delivering_edge("lagging", lagging={"shop": {"error": ""}})
    assert start.edges_for("shop", SECOND) == [draining.pk, lagging.pk]
    best = delivering_edge("best")
    assert start.edges_for("shop", SECOND) == [best.pk]
    worker.groups = ("eu",)
    worker.save()
    assert start.edges_for("shop", SECOND) == []


def test_the_next_edge_is_another_one():
    assert pick_edge([], None, 0.5) is None
    assert pick_edge([1], 1, 0.99) == 1
    assert {pick_edge([1, 2, 3], 2, draw) for draw in (0.0, 0.49, 0.51, 0.99)} == {1, 3}


def test_one_socket_takes_it_and_its_answer_ends_it():
    scheduled_worker("shop", "* * * * *")
    edge, other = delivering_edge(), delivering_edge("other", draining_at=SECOND)
    start_due(MINUTE, SECOND, lambda: 0.0)
    event = WorkerEvent.objects.get()
    assert rows.take(other.pk, "b", SECOND) == []
    [delivery] = rows.take(edge.pk, "a", SECOND)
    assert (delivery.id, delivery.worker, delivery.kind) == (str(event.pk), "shop", "scheduled")
    assert rows.take(edge.pk, "b", SECOND) == []
    assert not answered(other, event, outcome="ok")
    result = b'{"outcome":"exception","noRetry":true}'
    assert answered(edge, event, outcome="exception", result=result, wall_ms=12)
    event.refresh_from_db()
    assert (event.outcome, event.no_retry, event.wall_ms) == ("exception", True, 12)
    assert event.ended_at == SECOND and not answered(edge, event, outcome="ok")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"outcome": 1}', b"x" * (3 << 20)])
def test_unreadable_answers_change_nothing(body):
    scheduled_worker("shop", "* * * * *")
    edge = delivering_edge()
    start_due(MINUTE, SECOND, lambda: 0.0)
    rows.take(edge.pk, "a", SECOND)
    with pytest.raises(rows.AnswerInvalid):
        rows.answer(edge.pk, WorkerEvent.objects.get().pk, body, SECOND)
    assert not rows.answer(edge.pk, uuid4(), msgspec.json.encode(EventAnswer(outcome="ok")), SECOND)


def test_where_nothing_ran_another_edge_tries_until_it_expires():
    scheduled_worker("shop", "* * * * *")
    first, second = delivering_edge("a"), delivering_edge("b")
    start_due(MINUTE, SECOND, lambda: 0.0)
    event = WorkerEvent.objects.get()
    rows.take(first.pk, "a", SECOND)
    assert answered(first, event, failure=EventFailure.unknown_version)
    assert rows.take(first.pk, "a", SECOND) == []
    upkeep.look(SECOND)
    [delivery] = rows.take(second.pk, "b", SECOND)
    assert delivery.id == str(event.pk)
    assert answered(second, event, failure=EventFailure.broken, detail="it ended")
    event.refresh_from_db()
    assert (event.outcome, event.detail, event.attempts) == ("broken", "it ended", 1)


def test_an_event_that_no_edge_takes_moves_on_and_expires():
    scheduled_worker("shop", "* * * * *")
    start_due(MINUTE, SECOND, lambda: 0.0)
    upkeep.look(SECOND)
    event = WorkerEvent.objects.get()
    assert event.edge is None
    edge = delivering_edge()
    upkeep.look(SECOND)
    event.refresh_from_db()
    assert event.edge == edge
    other = delivering_edge("other", SECOND + timedelta(seconds=6))
    upkeep.look(SECOND + timedelta(seconds=6))
    event.refresh_from_db()
    assert event.edge == other
    upkeep.look(SECOND + WAIT)
    event.refresh_from_db()
    assert event.outcome == "notDelivered" and event.ended_at == SECOND + WAIT


def test_an_event_whose_agent_ended_is_lost_and_one_that_goes_on_is_not():
    scheduled_worker("shop", "* * * * *", "*/5 * * * *")
    edge = delivering_edge()
    start_due(MINUTE, SECOND, lambda: 0.0)
    assert len(rows.take(edge.pk, "a", SECOND)) == 2
    rows.lose("a", SECOND)
    later = SECOND + timedelta(seconds=11)
    Edge.objects.update(last_seen_on=later, up_at=SECOND - timedelta(seconds=9))
    upkeep.look(later)
    assert WorkerEvent.objects.filter(ended_at=None).count() == 2
    Edge.objects.update(up_at=later)
    upkeep.look(later)
    assert set(WorkerEvent.objects.values_list("outcome", flat=True)) == {"lost"}


def test_an_answer_that_does_not_come_is_late():
    scheduled_worker("shop", "* * * * *")
    edge = delivering_edge()
    start_due(MINUTE, SECOND, lambda: 0.0)
    rows.take(edge.pk, "a", SECOND)
    upkeep.look(SECOND + ANSWER_WITHIN)
    assert WorkerEvent.objects.get().outcome == "late"
    assert upkeep.prune(SECOND + timedelta(days=6)) == 0
    assert upkeep.prune(SECOND + timedelta(days=8)) == 1


def test_a_person_runs_it_now_on_a_version_of_the_deployment():
    worker = scheduled_worker("shop", "0 0 * * *", split=(75, 25))
    edge, alice = delivering_edge(), make_user()
    old, new = worker.versions.order_by("number")
    draws = Draws(version=0.1, edge=0.0)
    given = {"author": alice, "now": SECOND, "draws": draws}
    event = start_manually(worker, "0 0 * * *", str(old.id), **given)
    assert (event.version, event.edge, event.is_manual, event.author) == (old, edge, True, alice)
    given["now"] += timedelta(seconds=1)
    again = start_manually(worker, "0 0 * * *", "", **given)
    assert again.version == new
    with pytest.raises(CannotStart, match="other_version"):
        start_manually(worker, "0 0 * * *", str(make_version("shop").id), **given)
    make_version("empty")
    with pytest.raises(CannotStart, match="no_deployment"):
        start_manually(worker.__class__.objects.get(name="empty"), "0 0 * * *", "", **given)


def test_an_expression_of_an_earlier_release_is_left_out():
    scheduled_worker("shop", "not a cron")
    start_due(MINUTE, SECOND, lambda: 0.0)
    assert not WorkerEvent.objects.exists() and due._parsed("not a cron") is None
