"""Which tails are open: those that are watched, each once."""

import queue
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.cloud.models import CloudAccount, CloudTail, CloudTailEvent
from dashboard.cloud.proof.evidence import TailState
from dashboard.cloud.proof.trace_message import parse_message
from dashboard.cloud.tails import keeper, watches
from dashboard.cloud.tails.keeper import CLAIM, DOUBTS_EVERY, IDLE, TailKeeper
from dashboard.cloud.tails.retention import prune_tails
from dashboard.cloud.tails.tail_thread import Changed, Received, Sampled
from tests.dashboard.cloud.tails.test_tail_thread import event

NOW = timezone.now()


class FakeThread:
    def __init__(self, row):
        self.worker, self.reports = row.worker, queue.SimpleQueue()
        self.alive, self.renewed = False, 0

    def start(self):
        self.alive = True
        self.put(Changed(TailState.OPEN, NOW))

    def stop(self):
        self.alive = False

    def renew(self):
        self.renewed += 1

    def is_alive(self):
        return self.alive

    def put(self, report):
        self.reports.put(report)


@pytest.fixture
def account(settings, db):
    settings.CLOUD_HOSTS = frozenset({"api.test"})
    return CloudAccount.objects.create(
        slug="shop-prod",
        base_url="https://api.test",
        account_id="1",
        checked_at=NOW,
        created_at=NOW,
    )


class Keeping:
    """A keeper whose threads are fakes."""

    def __init__(self):
        self.made = []
        self.keeper = TailKeeper(self._make)

    def _make(self, row):
        self.made.append(FakeThread(row))
        return self.made[-1]

    def look(self, seconds):
        self.keeper.look(NOW + timedelta(seconds=seconds))

    @property
    def open(self):
        return [thread for thread in self.made if thread.alive]


def row():
    return CloudTail.objects.get()


def test_a_tail_is_open_while_its_worker_is_watched(account):
    keeping = Keeping()
    keeping.look(0)
    assert keeping.made == []
    watches.watch(account, "shop", NOW, seconds=30)
    watches.watch(account, "shop", NOW, seconds=10)  # an earlier end changes nothing
    keeping.look(2)
    keeping.look(25)
    assert len(keeping.open) == 1 and row().state == TailState.OPEN and row().opened_at == NOW
    keeping.look(31)
    assert keeping.open == [] and row().state == TailState.OFF and row().opened_at is None


def test_two_processes_open_one_tail_and_a_lost_one_is_replaced(account):
    first, second = Keeping(), Keeping()
    watches.watch(account, "shop", NOW, seconds=300)
    first.look(0)
    second.look(2)
    assert (len(first.made), len(second.made)) == (1, 0)
    first.look(10)  # renews its claim
    second.look(10 + CLAIM.total_seconds() - 1)
    assert second.made == []
    later = 10 + CLAIM.total_seconds() + 1
    status = watches.status_of(row(), NOW + timedelta(seconds=later))
    assert status.state is TailState.OPENING  # its process is gone, whatever it wrote
    second.look(later)
    assert len(second.made) == 1
    first.look(later + 2)
    assert first.open == [] and len(second.open) == 1


def test_events_are_stored_and_counted(account):
    keeping = Keeping()
    watches.watch(account, "shop", NOW)
    keeping.look(0)
    [thread] = keeping.made
    for nonce in ("n1", "n2"):
        thread.put(Received(parse_message(event(nonce)), NOW))
    keeping.look(1)
    assert [e.nonce for e in watches.events_of(["n1", "n2", "n3"])] == ["n1", "n2"]
    assert row().events == 2 and row().last_event_at == NOW
    assert watches.coverage_of(account, "shop", NOW).seen == 2
    assert watches.coverage_of(account, "shop", NOW + timedelta(seconds=1)).seen == 0


def test_sampling_covers_requests_until_it_ended(account):
    keeping = Keeping()
    watches.watch(account, "shop", NOW, seconds=300)
    keeping.look(0)
    [thread] = keeping.made
    thread.put(Sampled(NOW + timedelta(seconds=1), ends=False))
    keeping.look(2)
    assert watches.coverage_of(account, "shop", NOW).sampled
    thread.put(Sampled(NOW + timedelta(seconds=20), ends=True))
    keeping.look(21)
    assert watches.coverage_of(account, "shop", NOW + timedelta(seconds=19)).sampled
    assert not watches.coverage_of(account, "shop", NOW + timedelta(seconds=30)).sampled


def test_a_renewal_keeps_the_time_since_which_it_is_open(account):
    keeping = Keeping()
    watches.watch(account, "shop", NOW)
    keeping.look(0)
    [thread] = keeping.made
    thread.put(Changed(TailState.OPEN, NOW + timedelta(seconds=5), unbroken=True))
    keeping.look(5)
    assert row().opened_at == NOW
    thread.put(Changed(TailState.REFUSED, NOW + timedelta(seconds=6), "gone"))
    keeping.look(6)
    assert row().opened_at is None and row().problem == "gone"


def test_a_doubted_tail_is_renewed_but_not_all_the_time(account):
    keeping = Keeping()
    watches.watch(account, "shop", NOW, seconds=300)
    keeping.look(0)
    [thread] = keeping.made
    keeping.look(1)
    watches.doubt(account, "shop", NOW + timedelta(seconds=2))
    keeping.look(3)
    assert thread.renewed == 0
    later = DOUBTS_EVERY.total_seconds() + 1
    keeping.look(later)
    keeping.look(later + 1)
    assert thread.renewed == 1


def test_an_account_that_does_not_work_or_is_off_has_no_tail(account, settings):
    keeping = Keeping()
    watches.watch(account, "shop", NOW)
    settings.CLOUD_HOSTS = frozenset()
    keeping.look(0)
    settings.CLOUD_HOSTS = frozenset({"api.test"})
    CloudAccount.objects.update(problem="revoked")
    keeping.look(2)
    assert keeping.made == []


def test_idle_looks_cost_no_query(account, django_assert_num_queries):
    keeping = Keeping()
    keeping.look(0)
    with django_assert_num_queries(0):
        keeping.look(IDLE.total_seconds() / 2)


def test_old_events_are_deleted(account, monkeypatch):
    monkeypatch.setattr("dashboard.cloud.tails.retention.MOST_ROWS", 3)
    tail = watches.watch(account, "shop", NOW)
    for minutes in (90, 4, 3, 2, 1, 0):
        at = NOW - timedelta(minutes=minutes)
        CloudTailEvent.objects.create(tail=tail, worker="shop", at=at, received_at=at)
    prune_tails(NOW)
    assert CloudTailEvent.objects.count() == 3
    assert not CloudTailEvent.objects.filter(received_at__lt=NOW - timedelta(minutes=2)).exists()


def test_events_that_cannot_be_stored_count_as_dropped(account, monkeypatch):
    keeping = Keeping()
    for worker in ("auth", "shop"):
        watches.watch(account, worker, NOW, seconds=300)
    keeping.look(0)
    stored = keeper._row

    def faulty(key, report):
        if report.invocation.event.nonce == "bad":
            raise ValueError
        return stored(key, report)

    monkeypatch.setattr(keeper, "_row", faulty)
    for thread, nonce in zip(keeping.made, ("bad", "n1"), strict=True):
        thread.put(Received(parse_message(event(nonce)), NOW))
    keeping.look(1)
    assert watches.events_of(["n1"])
    assert CloudTail.objects.filter(sampled_at=NOW, events=0).count() == 1
