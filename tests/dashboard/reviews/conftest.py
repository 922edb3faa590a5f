"""shop has #1 live and #2 uploaded by maya; one reviewer approves whatever gets traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.reviews import gate
from dashboard.reviews.policies import edits
from dashboard.reviews.policies.policy import Policy, Rule, Trigger
from dashboard.reviews.proposals.decisions import vote
from dashboard.reviews.proposals.decisions.vote import DecisionInput
from dashboard.reviews.proposals.models import Proposal
from routing.control.deploy import active_deployment
from routing.models import Deployment, Version, Worker
from tests.factories import make_deployment, make_user, make_version, make_worker


@dataclass
class Reviewed:
    """A Worker under a policy, and the cast: maya operates, jonas and lena review, ada is admin."""

    worker: Worker
    stable: Version
    candidate: Version
    maya: User
    jonas: User
    lena: User
    ada: User

    def deploy(self, percentage: float = 20, **given: Any) -> Deployment:
        rest = [(str(self.stable.id), 100 - percentage)] if percentage < 100 else []
        shares = [(str(self.candidate.id), percentage), *rest]
        asked = {"by_token": False, "author": self.maya, "source": "wrangler"} | given
        asked = {"shares": shares, "now": timezone.now()} | asked
        return gate.deploy(worker=self.worker, **asked)

    def propose(self, percentage: float = 20, **given: Any) -> Proposal:
        """What the deployment becomes."""
        with pytest.raises(gate.ReviewNeeded) as needed:
            self.deploy(percentage, **given)
        assert needed.value.proposal is not None
        return needed.value.proposal

    def approve(self, proposal: Proposal, user: User, **given: Any) -> Proposal:
        vote.approve(proposal.pk, self.word(user, **given))
        return self.now(proposal)

    def word(self, user: User | None, **given: Any) -> DecisionInput:
        return DecisionInput(user, "dashboard", given.pop("now", None) or timezone.now(), **given)

    def policy(self, *rules: Rule, **given: Any) -> None:
        edits.save(self.worker, lambda _: Policy(rules, **given), self.by())

    def by(self) -> Actor:
        return Actor(self.ada, "dashboard", timezone.now())

    def live(self) -> dict[int, int]:
        """Version number → weight of the active deployment."""
        active = active_deployment(self.worker)
        assert active is not None
        return {share.version.number: share.weight for share in active.shares.all()}

    @staticmethod
    def now(proposal: Proposal) -> Proposal:
        return Proposal.objects.with_people().get(pk=proposal.pk)


@pytest.fixture
def shop(db: None) -> Reviewed:
    return make_reviewed()


def make_reviewed() -> Reviewed:
    """The scene; tests with several connections make their own."""
    worker = make_worker("shop")
    stable = worker.versions.get()
    make_deployment(worker, (stable, 100))
    maya = make_user("maya", Role.OPERATOR)
    candidate = make_version("shop", author=maya)
    people = [make_user(name, Role.REVIEWER) for name in ("jonas", "lena")]
    scene = Reviewed(worker, stable, candidate, maya, *people, make_user("ada", Role.ADMIN))
    scene.policy(Rule(Trigger.ABOVE))
    return scene
