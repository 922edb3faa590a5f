"""Verifications against a data plane that gets deployments when the test says so."""

from concurrent.futures import Executor, Future
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.connect import connect
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.egress.values import SentRequest
from dashboard.cloud.models import CloudTail, CloudTailEvent, Verification
from dashboard.cloud.provider.guarded_deploy import marked
from dashboard.cloud.verification.retention import prune_probes
from dashboard.cloud.verification.rules import IN_A_ROW
from dashboard.cloud.verification.runner import VerificationRunner
from dashboard.cloud.verification.start import begin, begin_again
from dashboard.sending.answer import Answer
from dashboard.sending.wire_request import OVERRIDES, SendFailed
from routing.models import AuditEntry
from tests.dashboard.cloud.conftest import BASE
from tests.eventually import eventually
from tests.factories import make_deployment, make_version, make_worker

MARKER = "0123456789ab"


class AtOnce(Executor):
    """Reads deployments in this thread, whose transaction has them."""

    def submit(self, call, *args):
        future = Future()
        try:
            future.set_result(call(*args))
        except CloudError as error:
            future.set_exception(error)
        return future


class World:
    """The clock, the versions that answer, and a tail that drops every `drops`-th event."""

    def __init__(self, account, worker):
        self.account, self.worker = account, worker
        self.now = timezone.now()
        self.deployed, self.drops, self.sent, self.silent, self.away = [], 0, 0, False, False
        self.runner = VerificationRunner(self.send, AtOnce())
        far = self.now + timedelta(hours=1)
        self.tail = CloudTail.objects.create(
            account=account,
            worker="shop",
            watched_until=far,
            claimed_until=far,
            state="open",
            opened_at=self.now - timedelta(minutes=1),
        )
        self.events = []

    def by(self):
        return Actor(None, "dashboard", self.now)

    def deploy(self, *shares, marker=MARKER):
        make_deployment(self.worker, *shares, message=marked("Step", marker))

    def reaches_the_network(self, *versions):
        self.deployed = [str(version.id) for version in versions]

    def send(self, destination, request):
        if self.away:
            raise SendFailed("No connection", "…")
        self.sent += 1
        value = next((v for n, v in request.lines if n == OVERRIDES), "")
        asked = value.partition('"')[2].rstrip('"')
        ran = asked if asked in self.deployed else self.deployed[self.sent % len(self.deployed)]
        nonce, ray = f"n{self.sent}", f"ray{self.sent}"
        if not self.silent and not (self.drops and self.sent % self.drops == 0):
            self.events.append((nonce, ray, ran))
        answer = Answer("shop.example", 200, [("cf-ray", f"{ray}-FRA")], b"")
        return SentRequest(destination, request, nonce, "192.0.2.1", self.now, answer)

    def is_answered(self):
        runs = self.runner._runs.values()
        return all(flight.future.done() for run in runs for flight in run.flights)

    def run(self, seconds, step=0.25):
        for _ in range(round(seconds / step)):
            self.now += timedelta(seconds=step)
            self.runner.look(self.now)
            assert eventually(self.is_answered)
            for nonce, ray, ran in self.events:
                CloudTailEvent.objects.create(
                    tail=self.tail,
                    nonce=nonce,
                    ray=ray,
                    worker="shop",
                    version_id=ran,
                    at=self.now,
                    received_at=self.now,
                )
            self.events.clear()
        return Verification.objects.get(marker=MARKER)


@pytest.fixture
def versions(other):
    worker = make_worker(versions=2)
    return tuple(worker.versions.newest_first())


@pytest.fixture
def world(other, versions, settings, monkeypatch):
    settings.CLOUD_REQUESTS = True
    monkeypatch.setitem(CloudClient.__init__.__kwdefaults__, "send", other.send)
    account = connect(
        slug="shop-prod",
        token=other.token,
        base_url=BASE,
        account_id=django_settings.ACCOUNT_ID,
        by=Actor(None, "shell", timezone.now()),
    )
    account.workers.create(name="shop", address="shop.example", address_confirmed_at=timezone.now())
    new, old = versions
    world = World(account, old.worker)
    make_deployment(old.worker, (old, 100))
    world.reaches_the_network(old)
    yield world
    world.runner.close()


def test_a_step_is_live_after_enough_probes_and_not_before_it_arrived(world, versions):
    new, old = versions
    world.deploy((new, 10), (old, 90))
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(8)
    assert row.state == "probing" and row.right == 0 and row.seen > 10
    assert {probe["right"] for probe in row.probes} == {True, False}
    world.reaches_the_network(new, old)
    row = world.run(8)
    assert row.state == "live" and row.right >= IN_A_ROW and row.places == ["FRA"]
    assert row.decisive and row.host == "shop.example"
    [entry] = AuditEntry.objects.filter(action="cloud.verified")
    assert entry.after["state"] == "live" and entry.after["probes"] == row.sent


def test_a_roll_back_is_live_after_thirty_clean_seconds(world, versions):
    new, old = versions
    world.deploy((new, 10), (old, 90), marker="b" * 12)
    world.reaches_the_network(new, old)
    world.deploy((old, 100))
    begin(world.account, "shop", MARKER, world.by())
    world.run(5)
    world.reaches_the_network(old)
    assert world.run(25).state == "probing"
    row = world.run(12)
    assert row.state == "live" and row.removes


def test_a_deployment_that_never_arrives_needs_attention(world, versions):
    new, old = versions
    world.deploy((new, 100))
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(89, step=1)
    assert row.state == "probing"
    row = world.run(3, step=1)
    assert (row.state, row.why) == ("attention", "other_version")
    sent = world.sent
    world.run(5)
    assert world.sent == sent
    world.reaches_the_network(new)
    begin_again(row, world.by())
    assert world.run(45).state == "live"


def test_probes_that_a_sampled_tail_drops_count_neither_way(world, versions):
    new, old = versions
    world.drops = 2
    world.deploy((new, 10), (old, 90))
    world.reaches_the_network(new, old)
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(20)
    assert row.state == "live" and row.sent >= 2 * IN_A_ROW - 1 and row.seen < row.sent
    assert all(p["right"] is None or p["version"] for p in row.probes)


def test_a_dead_tail_confirms_nothing_and_is_doubted(world, versions):
    new, old = versions
    world.silent = True
    world.deploy((new, 10), (old, 90))
    world.reaches_the_network(new, old)
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(93, step=0.5)
    assert (row.state, row.why, row.right) == ("attention", "not_seen", 0)
    assert CloudTail.objects.get().doubted_at is not None
    assert row.sent <= 150


def test_without_a_tail_no_probe_is_sent(world, versions):
    new, old = versions
    CloudTail.objects.update(state="full", opened_at=None)
    world.deploy((new, 100))
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(93, step=1)
    assert (row.state, row.why, world.sent) == ("attention", "tail_closed", 0)


def test_an_address_that_does_not_answer_needs_attention(world, versions):
    world.away = True
    world.deploy((versions[0], 100))
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(93, step=1)
    assert (row.state, row.why, row.seen) == ("attention", "no_answer", 0)


def test_only_percentages_changed(world, versions):
    new, old = versions
    world.deploy((new, 10), (old, 90), marker="b" * 12)
    world.deploy((new, 25), (old, 75))
    world.reaches_the_network(new, old)
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(8)
    assert row.state == "live" and not row.decisive


def test_another_deployment_meanwhile_is_never_called_ours(world, versions):
    new, old = versions
    world.deploy((new, 10), (old, 90))
    world.reaches_the_network(new, old)
    begin(world.account, "shop", MARKER, world.by())
    world.run(1)
    make_deployment(world.worker, (new, 50), (old, 50), message="By hand")
    assert world.run(8).state == "superseded"


def test_an_api_that_answers_late_is_asked_again_and_the_deadline_holds(world, versions, misbehave):
    new, old = versions
    world.deploy((new, 10), (old, 90))
    world.reaches_the_network(new, old)
    misbehave(lacks=["scripts_read"])
    begin(world.account, "shop", MARKER, world.by())
    assert world.run(20, step=1).state == "probing" and world.sent == 0
    misbehave()
    assert world.run(15).state == "live"
    Verification.objects.all().delete()
    misbehave(lacks=["scripts_read"])
    begin(world.account, "shop", MARKER, world.by())
    row = world.run(100, step=1)
    assert (row.state, row.why) == ("attention", "interrupted")


def test_what_is_not_listed_or_replaced_already_is_not_probed(world, versions):
    new, old = versions
    begin(world.account, "shop", MARKER, world.by())
    assert (world.run(1).state, world.sent) == ("attention", 0)
    Verification.objects.all().delete()
    world.deploy((new, 100))
    make_deployment(world.worker, (make_version("shop"), 100))
    begin(world.account, "shop", MARKER, world.by())
    assert (world.run(1).state, world.sent) == ("superseded", 0)


@pytest.mark.parametrize("lacks", ["requests", "address", "tail"])
def test_where_no_probe_can_prove_anything_it_ends_at_once(world, versions, settings, lacks):
    settings.CLOUD_REQUESTS = lacks != "requests"
    if lacks == "address":
        world.account.workers.update(address="")
    if lacks == "tail":
        world.account.checklist["tail"] = {"state": "missing", "detail": ""}
    world.deploy((versions[0], 100))
    row = begin(world.account, "shop", MARKER, world.by())
    assert row.state == "unverifiable" and row.ended_at
    assert row.why == ("no_tail" if lacks == "tail" else "requests_off")
    assert world.run(1).sent == 0


def test_old_probes_are_deleted_and_the_result_stays(world, versions):
    world.deploy((versions[0], 10), (versions[1], 90))
    world.reaches_the_network(*versions)
    begin(world.account, "shop", MARKER, world.by())
    assert world.run(8).probes
    prune_probes(world.now)
    assert Verification.objects.get().probes
    prune_probes(world.now + timedelta(days=31))
    row = Verification.objects.get()
    assert row.probes == [] and row.is_live and row.places == ["FRA"]


def test_one_process_at_a_time_and_none_if_idle(world, versions, django_assert_num_queries):
    new, old = versions
    with django_assert_num_queries(1):
        world.runner.look(world.now)
    world.deploy((new, 10), (old, 90))
    first = begin(world.account, "shop", MARKER, world.by())
    assert begin(world.account, "shop", MARKER, world.by()).pk == first.pk
    world.run(1)
    second = VerificationRunner(world.send, AtOnce())
    second.look(world.now)
    assert second._runs == {}
    second.look(world.now + timedelta(seconds=60))
    assert len(second._runs) == 1
    second.close()


def test_a_fault_in_one_stops_no_other_and_ends_it_in_time(world, versions, monkeypatch):
    new, old = versions
    world.deploy((new, 10), (old, 90))
    world.reaches_the_network(new, old)
    begun = world.runner._begun

    def faulty(row, now):
        if row.marker != MARKER:
            raise ValueError
        return begun(row, now)

    monkeypatch.setattr(world.runner, "_begun", faulty)
    for marker in ("c" * 12, MARKER):
        begin(world.account, "shop", marker, world.by())
    assert world.run(8).state == "live"
    world.run(85, step=1)
    row = Verification.objects.get(marker="c" * 12)
    assert (row.state, row.why) == ("attention", "interrupted")


def test_an_address_that_is_no_longer_confirmed_gets_no_probe(world, versions):
    new, old = versions
    world.deploy((new, 10), (old, 90))
    world.reaches_the_network(old)
    begin(world.account, "shop", MARKER, world.by())
    assert world.run(3).state == "probing"
    world.account.workers.update(address="other.example")
    sent = world.sent
    row = world.run(3)
    assert (row.state, row.why, world.sent) == ("attention", "interrupted", sent)
