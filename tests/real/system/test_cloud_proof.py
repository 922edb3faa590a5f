"""Requests to a Worker of a connected Sluice: which version answered, by its tail and its logs."""

from __future__ import annotations

from collections import Counter

import pytest

from dashboard.cloud import proving
from dashboard.cloud.changes.deploy import deploy
from dashboard.cloud.models import CloudTailEvent, Verification
from dashboard.cloud.proof.judge import Rank, Why
from dashboard.cloud.provider.values import Share
from dashboard.cloud.tails import watches
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

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

REQUESTS = 200
WORKER = "proofs"


@pytest.fixture
def shop(system, settings):
    """Two versions at half each, connected and followed: (account, new id, old id)."""
    new, old = two_versions(system, WORKER)
    return connected(system, settings, WORKER), new, old


def test_split_requests_are_proved_and_equal_the_other_sides_log(system, shop):
    account, new, old = shop
    with background_work():
        assert watches.wait_until_open(account, WORKER, 20).is_open
        answers = sent(account, WORKER, REQUESTS)
        facts = [proving.answer_facts(answer) for answer in answers]
        verdicts = proving.verdicts(account, WORKER, facts, wait=20)
        assert Counter(v.rank for v in verdicts.values()) == {Rank.PROVED: REQUESTS}
        proved = {answer.ray: verdicts[answer.nonce].version_id for answer in answers}
        assert proved == logged_versions(account, WORKER, set(proved))
        assert set(proved.values()) == {new, old}

        # An override, by both kinds of evidence; and what the answer says agrees.
        [answer] = sent(account, WORKER, 1, b"/named", override(WORKER, new))
        facts = proving.answer_facts(answer, {new, old})
        [verdict] = proving.verdicts(account, WORKER, [facts], wait=20).values()
        assert (verdict.confirmed_version, verdict.disagrees, facts.reported) == (new, False, new)
        CloudTailEvent.objects.all().delete()
        logged = eventually(lambda: _confirmed(proving.logged_verdict(account, WORKER, facts)))
        assert (logged.rank, logged.version_id) == (Rank.LOGGED, new)

        # A deployment from here is called live after probes on new connections got it.
        expected = system.active(WORKER)["id"]
        third = system.upload(WORKER, "export default { fetch: () => new Response('3') };")
        shares = [Share(third, 10), Share(old, 90)]
        deploy(account, WORKER, shares, expected=expected, message="Step", by=by())
        row = eventually(lambda: Verification.objects.exclude(right__lt=12).first(), 60)
        assert row.right >= 12 and row.decisive and {p["version"] for p in row.probes} >= {third}


def _confirmed(verdict):
    return verdict if verdict.confirmed else None


def test_without_a_tail_only_the_answer_names_a_version(shop):
    account, new, _ = shop
    [named] = sent(account, WORKER, 1, b"/named", override(WORKER, new))
    [plain] = sent(account, WORKER, 1)
    facts = [proving.answer_facts(named, {new}), proving.answer_facts(plain)]
    verdicts = proving.verdicts(account, WORKER, facts, wait=0)
    assert [verdicts[f.nonce].rank for f in facts] == [Rank.SELF_REPORTED, Rank.NOT_SEEN]
    assert all(v.why == (Why.TAIL_OFF,) and not v.confirmed for v in verdicts.values())
