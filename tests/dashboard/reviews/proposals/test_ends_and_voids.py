"""What ends a review, or voids its approvals, before it is deployed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.reviews.policies.policy import Rule, Trigger
from dashboard.reviews.proposals.decisions.vote import DecisionRefused
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved
from dashboard.reviews.proposals.deployment.sweep import sweep
from dashboard.reviews.proposals.models import Proposal, State
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.suites import edits as suites
from dashboard.smoketests.suites.edits import newest_edit
from dashboard.smoketests.suites.yaml_format import read_suite
from dashboard.times.hours import AllowedHours
from tests.dashboard.reviews.conftest import Reviewed
from tests.factories import make_deployment, make_worker

SUITE = """\
name: smoke
checks:
  - name: answers
    assert: [{status: 200}]
"""


def test_a_deployment_of_the_worker_voids_it_and_says_whose(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)
    shop.deploy(0, author=shop.ada, source="dashboard")
    void = shop.now(proposal)
    assert (void.state, void.reason, void.facts["by"]) == (State.VOID, "deployed", "ada")
    assert deploy_approved(proposal.pk) is None
    assert shop.live() == {1: 100_000, 2: 0}


def test_another_workers_deployment_voids_nothing(shop: Reviewed) -> None:
    proposal = shop.propose()
    make_deployment(make_worker("other"))
    assert shop.now(proposal).state == State.OPEN


def test_a_new_edit_of_the_suite_behind_the_evidence_voids_it(shop: Reviewed) -> None:
    edit = _suite(shop, SUITE)
    proposal = shop.propose()
    Proposal.objects.filter(pk=proposal.pk).update(
        evidence={"suite": "smoke", "edit": edit, "run": "x"}
    )
    assert _suite(shop, SUITE.replace("200", "201")) == edit + 1
    void = shop.now(proposal)
    assert (void.state, void.reason, void.facts["was"]) == (State.VOID, "suite_edited", edit)


def test_a_stricter_policy_counts_at_once_and_a_looser_one_too(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)
    shop.policy(Rule(Trigger.ABOVE, 2))
    assert shop.now(proposal).state == State.OPEN
    assert deploy_approved(proposal.pk) is None
    shop.policy()
    assert shop.now(proposal).state == State.APPROVED
    codes = list(proposal.events.values_list("code", flat=True))
    assert codes.count("policy_changed") == 2


def test_an_approval_runs_out_before_it_is_used(shop: Reviewed) -> None:
    shop.policy(Rule(Trigger.ABOVE, valid_for=timedelta(minutes=10)))
    proposal = shop.propose()
    early = timezone.now() - timedelta(minutes=11)
    assert shop.approve(proposal, shop.jonas, now=early).state == State.APPROVED
    sweep(timezone.now())
    assert shop.now(proposal).state == State.OPEN
    assert proposal.events.filter(code="approvals_ran_out").exists()
    assert shop.live() == {1: 100_000}


def test_an_approval_that_ran_out_may_be_given_again(shop: Reviewed) -> None:
    shop.policy(Rule(Trigger.ABOVE, valid_for=timedelta(minutes=10)))
    proposal = shop.propose()
    shop.approve(proposal, shop.jonas, now=timezone.now() - timedelta(minutes=11))
    sweep(timezone.now())
    assert shop.approve(proposal, shop.jonas).state == State.APPROVED
    assert deploy_approved(proposal.pk) is not None


def test_a_deployment_is_bound_to_the_checks_that_ran_before(shop: Reviewed) -> None:
    _suite(shop, SUITE)
    edit = newest_edit(shop.worker, "smoke")
    assert edit is not None
    run = ask(edit, shop.candidate, author=shop.maya, now=timezone.now())
    SmokeRun.objects.update(state=SmokeRun.State.PASSED)
    proposal = shop.propose()
    assert proposal.evidence == {"suite": "smoke", "edit": 1, "run": str(run.pk)}
    _suite(shop, SUITE.replace("200", "201"))
    assert shop.now(proposal).reason == "suite_edited"


def test_a_request_expires_and_ten_minutes_before_says_so_once(shop: Reviewed) -> None:
    proposal = shop.propose()
    for _ in range(2):
        sweep(proposal.expires_at - timedelta(minutes=10))
    assert proposal.events.filter(code="expires_soon").count() == 1
    sweep(proposal.expires_at)
    assert shop.now(proposal).state == State.EXPIRED
    with pytest.raises(DecisionRefused, match="ended"):
        shop.approve(proposal, shop.jonas)


def test_an_approved_change_waits_for_its_hours(shop: Reviewed) -> None:
    now = timezone.now()
    another_day = (now + timedelta(days=2)).strftime("%a").lower()
    begin, end = now.replace(hour=1).time(), now.replace(hour=2).time()
    hours = AllowedHours(frozenset({another_day}), begin, end)
    shop.policy(Rule(Trigger.ABOVE, hours=hours))
    proposal = shop.approve(shop.propose(), shop.jonas)
    assert deploy_approved(proposal.pk) is None
    assert shop.now(proposal).state == State.APPROVED


def test_a_role_that_was_taken_away_counts_no_more(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)
    shop.jonas.role = "viewer"
    shop.jonas.save()
    assert deploy_approved(proposal.pk) is None
    assert shop.now(proposal).state == State.OPEN


def test_what_can_no_longer_be_deployed_ends_void_with_the_reason(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)
    Proposal.objects.filter(pk=proposal.pk).update(
        shares=[["00000000-0000-4000-8000-000000000000", "100"]]
    )
    assert deploy_approved(proposal.pk) is None
    void = shop.now(proposal)
    assert (void.state, void.reason) == (State.VOID, "refused")


def _suite(shop: Reviewed, text: str) -> int:
    edit = suites.save(
        worker=shop.worker,
        document=read_suite(text),
        author=shop.maya,
        source="dashboard",
        now=timezone.now(),
    )
    return edit.number
