"""Two people in the same moment, on real connections: exactly one outcome, explained."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.reviews.policies import edits
from dashboard.reviews.policies.policy import Policy, Rule, Trigger
from dashboard.reviews.proposals.decisions import vote
from dashboard.reviews.proposals.decisions.vote import DecisionRefused
from dashboard.reviews.proposals.deployment.sweep import sweep
from dashboard.reviews.proposals.models import Proposal, State
from routing.control.deploy import DeployRefused
from routing.models import Share
from tests.dashboard.reviews.conftest import Reviewed, make_reviewed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None) -> Reviewed:
    return make_reviewed()


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Runs the acts together; "done", or the code of each refusal."""
    barrier, outcomes = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(30)
            act()
            outcomes[place] = "done"
        except (DecisionRefused, DeployRefused) as error:
            outcomes[place] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def went_live(shop: Reviewed) -> int:
    """How many deployments gave the candidate its 20%."""
    return Share.objects.filter(version=shop.candidate, weight=20_000).count()


def test_two_approvals_at_once_make_one_deployment(shop: Reviewed) -> None:
    proposal = shop.propose()
    outcomes = at_once(
        lambda: vote.approve(proposal.pk, shop.word(shop.jonas)),
        lambda: vote.approve(proposal.pk, shop.word(shop.lena)),
        lambda: sweep(timezone.now()),
    )
    assert "done" in outcomes[:2] and set(outcomes[:2]) <= {"done", "ended"}
    assert went_live(shop) == 1
    assert shop.now(proposal).state == State.DEPLOYED


def test_approve_while_deploying_is_live_or_void_and_never_both(shop: Reviewed) -> None:
    proposal = shop.propose()
    at_once(
        lambda: vote.approve(proposal.pk, shop.word(shop.jonas)),
        lambda: shop.deploy(0, author=shop.ada, source="dashboard"),
    )
    state = shop.now(proposal).state
    assert (state, went_live(shop)) in {(State.DEPLOYED, 1), (State.VOID, 0)}


def test_a_policy_that_changes_meanwhile_is_asked_before_anything_is_live(shop: Reviewed) -> None:
    proposal, by = shop.propose(), shop.by()
    stricter = Policy((Rule(Trigger.ABOVE, 3),))
    at_once(
        lambda: vote.approve(proposal.pk, shop.word(shop.jonas)),
        lambda: edits.save(shop.worker, lambda _: stricter, by),
    )
    state = shop.now(proposal).state
    assert (state, went_live(shop)) in {(State.DEPLOYED, 1), (State.OPEN, 0)}


def test_two_deployments_at_once_are_one_request(shop: Reviewed) -> None:
    assert at_once(shop.deploy, shop.deploy) == ["review", "review"]
    assert Proposal.objects.count() == 1
    assert went_live(shop) == 0
