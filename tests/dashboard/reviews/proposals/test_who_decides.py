"""Each verb, for each person who may and who may not; refused attempts are in the trail."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from dashboard.accounts.models import Role, User
from dashboard.reviews.models import DeployHold
from dashboard.reviews.policies.policy import Approver, Rule, Trigger
from dashboard.reviews.proposals.decisions import vote
from dashboard.reviews.proposals.decisions.vote import VERBS, DecisionRefused
from dashboard.reviews.proposals.deployment import emergency
from dashboard.reviews.proposals.deployment.sweep import sweep
from dashboard.reviews.proposals.models import Proposal, State
from routing.models import AuditEntry
from tests.dashboard.reviews.conftest import Reviewed
from tests.factories import make_deployment, make_user

ACTS = VERBS | {"emergency": emergency.deploy_now}  # type: ignore[operator]
CAST = ("vera", "maya", "omar", "jonas", "ada")
"""A viewer, the author, another operator, a reviewer, an admin."""
MAY = {
    "approve": {"jonas", "ada"},
    "needs-changes": {"jonas", "ada"},
    "reject": {"jonas", "ada"},
    "withdraw": {"maya", "ada"},
    "emergency": {"ada"},
}


@pytest.fixture
def cast(shop: Reviewed) -> Reviewed:
    make_user("vera", Role.VIEWER)
    make_user("omar", Role.OPERATOR)
    return shop


def people(shop: Reviewed, name: str) -> object:
    return type(shop.maya).objects.get(username=name)


@pytest.mark.parametrize("verb", MAY)
@pytest.mark.parametrize("name", CAST)
def test_may_and_may_not(cast: Reviewed, verb: str, name: str) -> None:
    proposal = cast.propose()
    word = cast.word(people(cast, name), comment="Because.")  # type: ignore[arg-type]
    if name in MAY[verb]:
        assert ACTS[verb](proposal.pk, word).pk == proposal.pk
        return
    with pytest.raises(DecisionRefused):
        ACTS[verb](proposal.pk, word)
    assert cast.now(proposal).state == State.OPEN
    entry = AuditEntry.objects.get(action="review.refused")
    assert (entry.actor, entry.after["verb"]) == (name, verb)


@pytest.mark.parametrize("verb", sorted(MAY.keys() - {"withdraw"}))
def test_no_token_decides(cast: Reviewed, verb: str) -> None:
    proposal = cast.propose()
    with pytest.raises(DecisionRefused, match="token"):
        ACTS[verb](proposal.pk, cast.word(cast.ada, by_token=True, comment="x"))
    assert cast.now(proposal).state == State.OPEN


def uploaded(shop: Reviewed) -> Proposal:
    return shop.propose(author=shop.ada)


def deployed(shop: Reviewed) -> Proposal:
    make_deployment(shop.worker, (shop.candidate, 0), (shop.stable, 100), author=shop.jonas)
    return shop.propose(author=shop.ada)


def asked(shop: Reviewed) -> Proposal:
    return shop.propose(author=shop.lena)


@pytest.mark.parametrize(
    ("how", "name"), [(uploaded, "maya"), (deployed, "jonas"), (asked, "lena")]
)
def test_own_is_uploaded_deployed_or_asked_for(
    shop: Reviewed, how: Callable[[Reviewed], Proposal], name: str
) -> None:
    user = people(shop, name)
    user.role = Role.REVIEWER  # type: ignore[attr-defined]
    user.save()  # type: ignore[attr-defined]
    proposal = how(shop)
    with pytest.raises(DecisionRefused, match="own"):
        shop.approve(proposal, user)  # type: ignore[arg-type]
    shop.policy(Rule(Trigger.ABOVE, own=True))
    assert shop.approve(proposal, user).state == State.APPROVED  # type: ignore[arg-type]


def test_admins_only_and_named_people_only(shop: Reviewed) -> None:
    shop.policy(Rule(Trigger.ABOVE, role=Approver.ADMIN))
    proposal = shop.propose()
    with pytest.raises(DecisionRefused, match="admin"):
        shop.approve(proposal, shop.jonas)
    shop.policy(Rule(Trigger.ABOVE, people=("lena",)))
    with pytest.raises(DecisionRefused, match="people"):
        shop.approve(proposal, shop.ada)
    assert shop.approve(proposal, shop.lena).state == State.APPROVED


def test_who_read_an_earlier_round_decides_nothing(shop: Reviewed) -> None:
    proposal = shop.propose()
    shop.propose(30)
    with pytest.raises(DecisionRefused, match="changed"):
        shop.approve(proposal, shop.jonas, round=1)
    assert shop.approve(proposal, shop.jonas, round=2).state == State.APPROVED


def test_an_emergency_is_loud_needs_a_reason_and_waits_for_an_acknowledgement(
    shop: Reviewed,
) -> None:
    proposal = shop.propose()
    with pytest.raises(DecisionRefused, match="no_reason"):
        emergency.deploy_now(proposal.pk, shop.word(shop.ada))
    emergency.deploy_now(proposal.pk, shop.word(shop.ada, comment="Cards fail."))
    from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved

    deploy_approved(proposal.pk)
    assert shop.live() == {1: 80_000, 2: 20_000}
    assert [row.pk for row in emergency.unacknowledged_emergencies(shop.worker)] == [proposal.pk]
    with pytest.raises(DecisionRefused, match="own"):
        emergency.acknowledge(proposal.pk, shop.word(shop.ada))
    with pytest.raises(DecisionRefused, match="role"):
        emergency.acknowledge(proposal.pk, shop.word(shop.maya))
    emergency.acknowledge(proposal.pk, shop.word(shop.jonas))
    assert emergency.unacknowledged_emergencies() == []
    assert AuditEntry.objects.filter(action="review.emergency", actor="ada").exists()


def test_a_policy_may_forbid_emergencies(shop: Reviewed) -> None:
    shop.policy(Rule(Trigger.ABOVE), emergency=False)
    proposal = shop.propose()
    with pytest.raises(DecisionRefused, match="no_emergency"):
        emergency.deploy_now(proposal.pk, shop.word(shop.ada, comment="Cards fail."))


def test_an_emergency_is_of_the_content_that_was_read_and_of_no_later_one(shop: Reviewed) -> None:
    proposal = shop.propose()
    DeployHold.objects.create(
        worker=shop.worker, kind="running", rollout_id=uuid4(), created_at=timezone.now()
    )
    emergency.deploy_now(proposal.pk, shop.word(shop.ada, comment="Cards fail."))
    assert shop.now(proposal).state == State.APPROVED  # it waits for the hold
    vote.needs_changes(proposal.pk, shop.word(shop.jonas))
    DeployHold.objects.all().delete()
    resumed = shop.propose(90)
    assert (resumed.pk, shop.now(resumed).state) == (proposal.pk, State.OPEN)
    sweep(timezone.now())
    assert shop.live() == {1: 100_000}


def test_an_admin_whose_role_was_taken_away_deploys_no_emergency(shop: Reviewed) -> None:
    proposal, word = shop.propose(), shop.word(shop.ada, comment="Cards fail.")
    User.objects.filter(pk=shop.ada.pk).update(role=Role.OPERATOR)
    with pytest.raises(DecisionRefused) as refused:
        emergency.deploy_now(proposal.pk, word)
    assert refused.value.code == "not_admin"
    assert shop.live() == {1: 100_000}
