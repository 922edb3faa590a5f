"""From a deployment that needs review to the deployment it becomes, and every way it ends."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.reviews import gate
from dashboard.reviews.inbox.queue import listed_as_json
from dashboard.reviews.policies import edits
from dashboard.reviews.policies.policy import Policy, Rule, Trigger
from dashboard.reviews.proposals.decisions import vote
from dashboard.reviews.proposals.decisions.vote import DecisionRefused
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved
from dashboard.reviews.proposals.deployment.sweep import sweep
from dashboard.reviews.proposals.messages import end_words
from dashboard.reviews.proposals.models import Proposal, State
from dashboard.reviews.proposals.report import as_json
from routing.models import AuditEntry, Version
from tests.dashboard.reviews.conftest import Reviewed
from tests.factories import make_draft, make_version, says_fine

CARRY_OUT = "dashboard.reviews.proposals.deployment.deploy_approved"


def test_a_deployment_that_needs_review_changes_nothing_and_says_how_to_finish(
    shop: Reviewed,
) -> None:
    with pytest.raises(gate.ReviewNeeded) as needed:
        shop.deploy()
    proposal = needed.value.proposal
    assert proposal is not None
    assert shop.live() == {1: 100_000}
    for words in (f"/reviews/{proposal.pk}/", "Missing: 1 approval", "manage.py review wait"):
        assert words in str(needed.value)
    assert proposal.shares == [[str(shop.candidate.id), "20"], [str(shop.stable.id), "80"]]
    assert AuditEntry.objects.filter(action="review.asked", actor="maya").count() == 1
    assert not AuditEntry.objects.filter(action="deployment.create", actor="maya").exists()


def test_staging_needs_none_while_the_policy_asks_from_traffic_on(shop: Reviewed) -> None:
    shop.deploy(0)
    assert shop.live() == {1: 100_000, 2: 0}


def test_once_approved_the_system_deploys_exactly_what_was_proposed(
    shop: Reviewed, django_capture_on_commit_callbacks: object
) -> None:
    proposal = shop.propose(message="Retries once.")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        shop.approve(proposal, shop.jonas)
    assert shop.live() == {1: 80_000, 2: 20_000}
    made = shop.worker.deployments.newest_first().first()
    assert made is not None
    assert (made.source, made.message, made.author) == ("wrangler", "Retries once.", shop.maya)
    done = shop.now(proposal)
    assert (done.state, done.deployment_id) == (State.DEPLOYED, str(made.id))
    assert end_words(done) == "", "words of a request that another deployment made void"


def test_a_second_look_never_deploys_twice(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)
    assert deploy_approved(proposal.pk) is not None
    assert deploy_approved(proposal.pk) is None
    assert shop.worker.deployments.count() == 2


def test_the_conductor_deploys_what_a_process_that_died_left(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)  # its commit callback never ran
    assert shop.now(proposal).state == State.APPROVED
    sweep(timezone.now())
    assert shop.now(proposal).state == State.DEPLOYED


@pytest.mark.parametrize("place", ["dashboard.reviews.gate.deploy", f"{CARRY_OUT}.finish"])
def test_a_process_that_is_killed_on_the_way_has_done_nothing_and_the_next_resumes(
    shop: Reviewed, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    proposal = shop.approve(shop.propose(), shop.jonas)
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(place, lambda *args, **given: killing())
        deploy_approved(proposal.pk)
    assert (shop.now(proposal).state, shop.live()) == (State.APPROVED, {1: 100_000})
    for _ in range(2):
        sweep(timezone.now())
    assert (shop.now(proposal).state, shop.live()) == (State.DEPLOYED, {1: 80_000, 2: 20_000})
    assert shop.worker.deployments.count() == 2


def killing() -> None:
    raise KeyboardInterrupt


def test_two_approvals_take_two_people(shop: Reviewed) -> None:
    shop.policy(Rule(Trigger.ABOVE, 2))
    proposal = shop.propose()
    assert shop.approve(proposal, shop.jonas).state == State.OPEN
    with pytest.raises(DecisionRefused, match="again"):
        shop.approve(proposal, shop.jonas)
    assert shop.approve(proposal, shop.lena).state == State.APPROVED


def test_needs_changes_resumes_the_same_request_and_forgets_its_approvals(shop: Reviewed) -> None:
    shop.policy(Rule(Trigger.ABOVE, 2))
    proposal = shop.approve(shop.propose(), shop.jonas)
    vote.needs_changes(proposal.pk, shop.word(shop.lena, comment="Log the 503s."))
    with pytest.raises(DecisionRefused, match="needs_changes"):
        shop.approve(proposal, shop.lena)
    fixed = make_version("shop", author=shop.maya)
    resumed = shop.propose(shares=[(str(fixed.id), 100)])
    assert (resumed.pk, resumed.round, resumed.state) == (proposal.pk, 2, State.OPEN)
    assert shop.approve(resumed, shop.lena).state == State.OPEN
    assert shop.approve(resumed, shop.jonas).state == State.APPROVED


def test_asking_for_the_same_again_is_the_same_request(shop: Reviewed) -> None:
    proposal = shop.propose()
    again = shop.propose()
    assert (again.pk, again.round) == (proposal.pk, 1)
    assert proposal.events.count() == 1


def test_another_persons_change_waits_for_the_open_one(shop: Reviewed) -> None:
    proposal = shop.propose()
    other = shop.propose(50, author=shop.ada)
    assert other.pk == proposal.pk
    assert shop.now(proposal).shares[0][1] == "20"
    refused = AuditEntry.objects.get(action="review.refused")
    assert (refused.actor, refused.after["refused"]) == ("ada", "open")


def test_one_open_request_for_each_worker_by_constraint(shop: Reviewed) -> None:
    proposal = shop.propose()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy = shop.now(proposal)
        copy.pk = None
        copy._state.adding = True
        copy.save()


def test_roll_back_never_asks(shop: Reviewed) -> None:
    proposal = shop.approve(shop.propose(100), shop.jonas)
    deploy_approved(proposal.pk)
    shop.policy(*(Rule(trigger, 5) for trigger in Trigger))
    back = [(str(shop.stable.id), 100)]
    shop.deploy(shares=back, by_token=True)
    assert shop.live() == {1: 100_000}


def test_a_live_upload_is_stored_and_proposed_and_started_once(shop: Reviewed) -> None:
    started = []
    with pytest.raises(gate.ReviewNeeded, match=r"\(#3\) was uploaded") as needed:
        gate.upload(
            worker_name="shop",
            by_token=True,
            live=True,
            draft=make_draft(b"export default {}"),
            author=shop.maya,
            source="wrangler",
            triggered_by="upload",
            now=timezone.now(),
            inspect=lambda *a, **k: started.append(1) or says_fine(),
        )
    proposal = needed.value.proposal
    assert proposal is not None and len(started) == 1
    version = Version.objects.get(worker=shop.worker, number=3)
    assert proposal.shares == [[str(version.id), "100"]]
    assert shop.live() == {1: 100_000}


def test_the_first_deploy_of_a_new_worker_waits_under_an_account_wide_policy(
    shop: Reviewed,
) -> None:
    edits.save(None, lambda _: Policy((Rule(Trigger.FIRST_TRAFFIC),)), shop.by())
    with pytest.raises(gate.ReviewNeeded) as needed:
        gate.upload(
            worker_name="fresh",
            by_token=True,
            live=True,
            create=True,
            draft=make_draft(),
            author=shop.maya,
            source="wrangler",
            triggered_by="upload",
            now=timezone.now(),
            inspect=says_fine,
        )
    proposal = needed.value.proposal
    assert proposal is not None and proposal.from_deployment_id == ""
    assert proposal.worker.versions.count() == 1
    assert deploy_approved(shop.approve(proposal, shop.jonas).pk) is not None
    assert proposal.worker.deployments.count() == 1


def test_a_live_upload_behind_somebody_elses_request_stores_nothing(shop: Reviewed) -> None:
    shop.propose()
    with pytest.raises(gate.ReviewNeeded, match="another change"):
        gate.upload(
            worker_name="shop",
            by_token=True,
            live=True,
            draft=make_draft(),
            author=shop.ada,
            source="wrangler",
            triggered_by="upload",
            now=timezone.now(),
            inspect=says_fine,
        )
    assert shop.worker.versions.count() == 2


def test_a_list_for_scripts_takes_as_many_queries_for_two_as_for_one(shop: Reviewed) -> None:
    shop.approve(shop.propose(), shop.lena)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            rows = listed_as_json(Proposal.objects.with_people(), timezone.now())
        counts.append(len(queries))
        if len(rows) == 1:
            shop.deploy(0)  # a step down
            shop.approve(shop.propose(30), shop.jonas)
    assert counts[0] == counts[1]
    now = timezone.now()
    assert rows == [as_json(Proposal.objects.get(pk=row["id"]), now) for row in rows]
