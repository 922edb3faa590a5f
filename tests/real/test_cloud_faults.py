"""A connected Sluice that misbehaves: nothing here claims more than it knows. By hand."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.cloud import proving
from dashboard.cloud.changes.deploy import deploy
from dashboard.cloud.models import CloudTail, Verification
from dashboard.cloud.proof.evidence import TailState
from dashboard.cloud.proof.judge import Rank, Why
from dashboard.cloud.provider.values import Share
from dashboard.cloud.tails import keeper, watches
from tests.eventually import eventually
from tests.real.connected_account import (
    background_work,
    by,
    connected,
    logged_versions,
    override,
    sent,
    two_versions,
)
from tests.running import System

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(600),
    pytest.mark.skipif("SLUICE_TEST_CLOUD" not in os.environ, reason="make test-cloud runs it"),
    pytest.mark.django_db(transaction=True),
]
WORKER = "faulty"


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The system, and its file of faults."""
    folder = tmp_path_factory.mktemp("faults")
    environment = {
        "SLUICE_DEMO": "0",
        "SLUICE_DEBUG": "1",
        "SLUICE_TEST_MISBEHAVIOR_FILE": str(folder / "faults.json"),
    }
    running = System(folder / "data", environment=environment)
    try:
        yield running.start(), folder / "faults.json"
    finally:
        running.stop()


@pytest.fixture
def misbehave(other):
    def switch(**faults):
        other[1].write_text(json.dumps(faults))
        os.utime(other[1], ns=(time.time_ns(), time.time_ns()))

    switch()
    yield switch
    switch()


@pytest.fixture
def shop(other, misbehave, settings):
    new, old = two_versions(other[0], WORKER)
    account = connected(other[0], settings, WORKER)
    with background_work():
        yield account, new, old


def verdicts(account, answers, wait=3.0):
    facts = [proving.answer_facts(answer) for answer in answers]
    judged = proving.verdicts(account, WORKER, facts, wait=wait)
    return [(answer, judged[answer.nonce]) for answer in answers]


def test_a_sampled_tail_proves_less_and_nothing_false(shop, misbehave):
    account, _, _ = shop
    assert watches.wait_until_open(account, WORKER, 20).is_open
    misbehave(tail_overload=True)
    pairs = verdicts(account, sent(account, WORKER, 200))
    ranks = Counter(verdict.rank for _, verdict in pairs)
    assert 20 < ranks[Rank.PROVED] < 180 and ranks.total() == 200
    logged = logged_versions(account, WORKER, {answer.ray for answer, _ in pairs})
    for answer, verdict in pairs:
        assert verdict.confirmed_version in ("", logged[answer.ray])
        assert verdict.confirmed or verdict.why == (Why.SAMPLED,)


def test_a_dead_tail_proves_nothing_and_is_opened_again(shop, misbehave, monkeypatch):
    account, _, _ = shop
    monkeypatch.setattr(keeper, "DOUBTS_EVERY", timedelta(seconds=2))
    assert watches.wait_until_open(account, WORKER, 20).is_open
    misbehave(tail_dead=True)
    pairs = verdicts(account, sent(account, WORKER, 20))
    assert all(v.why == (Why.TAIL_SILENT,) and not v.confirmed for _, v in pairs)
    [(answer, _), *_] = pairs
    facts = proving.answer_facts(answer)
    found = eventually(lambda: _confirmed(proving.logged_verdict(account, WORKER, facts)))
    assert found.rank is Rank.LOGGED
    before = CloudTail.objects.get().opened_at
    misbehave()
    verdicts(account, sent(account, WORKER, 1), wait=0.1)
    watches.doubt(account, WORKER, timezone.now())
    assert eventually(lambda: _opened_after(before))
    [(_, verdict)] = verdicts(account, sent(account, WORKER, 1), wait=10)
    assert verdict.rank is Rank.PROVED


def _confirmed(verdict):
    return verdict if verdict.confirmed else None


def _opened_after(moment):
    return CloudTail.objects.filter(state=TailState.OPEN, opened_at__gt=moment).exists()


def ended():
    return Verification.objects.exclude(state="probing").order_by("-began_at").first()


def test_slow_propagation_is_seen_by_probes(other, shop, misbehave):
    account, new, old = shop
    system = other[0]
    system.wait_for(system.deploy(WORKER, (old, 100))["id"], WORKER)
    misbehave(propagation_seconds=12)
    shares = [Share(new, 10), Share(old, 90)]
    expected = system.active(WORKER)["id"]
    began = time.monotonic()
    deploy(account, WORKER, shares, expected=expected, message="Step", by=by())
    row = eventually(ended, 120)
    assert row.state == "live" and time.monotonic() - began > 11
    wrong = [probe for probe in row.probes if probe["right"] is False]
    assert wrong and {probe["version"] for probe in wrong} == {old}
    [answer] = sent(account, WORKER, 1, b"/named", override(WORKER, new))
    assert answer.answer.text == new

    # Roll back: live only after 30 clean seconds, counted from when it arrived.
    Verification.objects.all().delete()
    began = time.monotonic()
    expected = system.active(WORKER)["id"]
    deploy(account, WORKER, [Share(old, 100)], expected=expected, message="Back", by=by())
    row = eventually(ended, 120)
    assert row.state == "live" and row.removes and time.monotonic() - began > 40
    [answer] = sent(account, WORKER, 1, b"/named", override(WORKER, new))
    assert answer.answer.text == old


def test_a_deployment_that_does_not_arrive_needs_attention(other, shop, misbehave):
    account, new, old = shop
    system = other[0]
    system.wait_for(system.deploy(WORKER, (old, 100))["id"], WORKER)
    misbehave(propagation_seconds=200)
    expected = system.active(WORKER)["id"]
    deploy(account, WORKER, [Share(new, 100)], expected=expected, message="Promote", by=by())
    row = eventually(ended, 150)
    assert (row.state, row.why) == ("attention", "other_version")


@pytest.mark.parametrize(
    ("fault", "state", "why"),
    [
        ({"tail_viewers": 0}, TailState.FULL, Why.TAIL_FULL),
        ({"lacks": ["tail"]}, TailState.REFUSED, Why.TAIL_REFUSED),
        ({"throttled": True}, TailState.REFUSED, Why.TAIL_REFUSED),
    ],
)
def test_a_tail_that_cannot_be_opened_says_why(shop, misbehave, fault, state, why):
    account, _, _ = shop
    misbehave(**fault)
    status = watches.wait_until_open(account, WORKER, 20)
    assert status.state is state and status.problem
    [(_, verdict)] = verdicts(account, sent(account, WORKER, 1), wait=0.5)
    assert verdict.why == (why,) and not verdict.confirmed
