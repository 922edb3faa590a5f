"""The Schedules tab: triggers, their next runs, *Run now*, and what became of the last runs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.events.due import start_due
from dashboard.workers.schedules import messages
from routing.event_delivery import EventKind
from routing.models import (
    AuditEntry,
    Edge,
    InvocationDetail,
    QueueConsumer,
    StateNamespace,
    WorkerEvent,
)
from tests.dashboard.events.makers import MINUTE, SECOND, delivering_edge, scheduled_worker
from tests.factories import make_deployment, make_user, make_version, make_worker, says_fine

pytestmark = pytest.mark.django_db
PAGE = "/workers/shop/schedules/"


@pytest.fixture
def maya():
    client = Client()
    client.force_login(make_user("maya", Role.OPERATOR))
    return client


@pytest.fixture
def shop():
    return scheduled_worker("shop", "*/5 * * * *", "0 0 L * *", split=(75, 25))


def triggers(worker):
    return list(worker.schedules.values_list("cron", flat=True))


def test_a_worker_without_triggers_says_how_to_get_one(maya):
    make_worker()
    text = maya.get(PAGE).content.decode()
    assert "data-no-schedules" in text and "data-without-handler" not in text


def test_triggers_are_added_changed_and_removed(maya, shop):
    assert maya.post(PAGE + "add/", {"cron": "0 3 * * MON"}).status_code == 302
    pk = shop.schedules.get(cron="0 3 * * MON").pk
    assert maya.post(f"{PAGE}{pk}/edit/", {"cron": "0 4 * * MON"}).status_code == 302
    assert triggers(shop) == ["*/5 * * * *", "0 0 L * *", "0 4 * * MON"]
    refused = maya.post(PAGE + "add/", {"cron": "0 0 * * 0"})
    assert refused.status_code == 422 and b'value="0 0 * * 0"' in refused.content
    pk = shop.schedules.get(cron="*/5 * * * *").pk
    refused = maya.post(f"{PAGE}{pk}/edit/", {"cron": "99 * * * *"})
    assert refused.status_code == 422 and b'value="99 * * * *"' in refused.content
    assert maya.post(f"{PAGE}{pk}/remove/").status_code == 302
    assert triggers(shop) == ["0 0 L * *", "0 4 * * MON"]
    assert maya.post(f"{PAGE}{pk}/remove/").status_code == 404
    assert AuditEntry.objects.filter(action="worker.schedules").count() == 3


def test_a_viewer_sees_them_and_changes_nothing(shop):
    client = Client()
    client.force_login(make_user("vic", Role.VIEWER))
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE + "add/", {"cron": "* * * * *"}).status_code == 403
    assert len(triggers(shop)) == 2


def test_run_now_on_a_chosen_version_shows_the_run(maya, shop):
    edge = delivering_edge(now=timezone.now())
    old, pk = shop.versions.get(number=1), shop.schedules.first().pk
    answer = maya.post(f"{PAGE}{pk}/run/", {"version": str(old.id)})
    event = WorkerEvent.objects.get()
    assert answer["Location"] == f"{PAGE}runs/{event.pk}/"
    assert (event.version, event.edge, event.author.username) == (old, edge, "maya")
    assert event.scheduled_at.microsecond % 1000 == 0  # as its log reports it
    waiting = maya.get(answer["Location"]).content.decode()
    assert messages.WAITING[0] in waiting and 'hx-trigger="every 1s"' in waiting
    WorkerEvent.objects.update(
        taken_at=SECOND, ended_at=SECOND, outcome="exception", no_retry=True, wall_ms=7
    )
    InvocationDetail.objects.create(
        edge=edge,
        detail_id="1",
        worker="shop",
        version_id=str(old.id),
        outcome="exception",
        started_on=event.scheduled_at,
        wall_ms=7,
        trigger="cron",
        trigger_name=event.name,
        scheduled_at=event.scheduled_at,
        exceptions=[{"name": "Error", "message": "the shop is closed", "stack": ""}],
        failed=True,
    )
    for path in (PAGE, answer["Location"], "/workers/shop/invocations/"):
        assert "the shop is closed" in maya.get(path).content.decode(), path
    assert 'hx-trigger="every 1s"' not in maya.get(answer["Location"]).content.decode()
    entry = AuditEntry.objects.get(action="worker.run_schedule")
    assert entry.after == {"cron": "*/5 * * * *", "version": str(old.id)}
    stale = maya.post(f"{PAGE}{pk}/run/", {"version": str(event.pk)}, follow=True)
    assert messages.CANNOT_START["other_version"] in stale.content.decode()


def test_what_keeps_runs_from_working_is_on_the_page(maya):
    scheduled_worker("shop", "* * * * *", inspect=says_fine)
    text = maya.get(PAGE).content.decode()
    assert "data-without-handler" in text and "data-no-edge" in text
    delivering_edge(now=timezone.now())
    assert "data-no-edge" not in maya.get(PAGE).content.decode()
    start_due(MINUTE, SECOND, lambda: 0.0)
    assert 'data-outcome="noHandler"' in maya.get(PAGE).content.decode()


def test_queues_that_it_consumes_are_listed_with_their_last_failure(maya, shop):
    now = timezone.now()
    queue = StateNamespace.objects.create(kind="queue", key="jobs", title="jobs", created_at=now)
    QueueConsumer.objects.create(key="k", queue=queue, worker=shop, created_at=now)
    batch = {"worker": shop, "version": shop.versions.first(), "kind": "queue", "name": "jobs"}
    moments = {"created_at": now, "expires_at": now}
    WorkerEvent.objects.create(**batch, **moments, scheduled_at=now)
    assert "data-failed" not in maya.get(PAGE).content.decode()
    failed = WorkerEvent.objects.create(
        **batch, **moments, scheduled_at=MINUTE, ended_at=now, outcome="exception"
    )
    page = maya.get(PAGE).content.decode()
    assert 'data-running="1"' in page and f'data-failed="{failed.pk}"' in page
    assert maya.get(f"{PAGE}runs/{failed.pk}/").status_code == 200


def test_a_roll_back_says_when_cron_triggers_will_fail(maya, shop):
    old, new = shop.versions.order_by("number")
    make_deployment(shop, (new, 100))
    form = f"/workers/shop/rollback/?version={old.id}"
    assert "data-missing-handlers" not in maya.get(form).content.decode()
    newest = make_version("shop", inspect=says_fine)
    split = f"/workers/shop/split/?version={newest.id}&percentage="
    assert "data-missing-handlers" in maya.get(split + "10").content.decode()
    assert "data-missing-handlers" not in maya.get(split + "0").content.decode()


def test_the_page_takes_as_many_queries_for_many_runs_as_for_one(
    maya, shop, django_assert_max_num_queries
):
    delivering_edge(now=timezone.now())
    for number in range(20):
        start_due(MINUTE + timedelta(minutes=5 * number), SECOND, lambda: 0.0)
    with django_assert_max_num_queries(40):
        assert maya.get(PAGE).content.count(b"data-run=") == 20
    Edge.objects.all().delete()
    assert maya.get(PAGE).status_code == 200


def test_every_outcome_has_a_word():
    for code, (title, words) in messages.OUTCOMES.items():
        assert title and words, code
    assert messages.outcome("newOutcome") == ("newOutcome", "")


def test_only_messages_of_queues_are_delivered_again():
    texts = {kind: messages.outcome("busy", kind)[1] for kind in messages.AFTER_NOT_DELIVERED}
    for kind, text in texts.items():
        assert text.endswith(messages.AFTER_NOT_DELIVERED[kind])
    assert len(set(texts.values())) == len(EventKind)
