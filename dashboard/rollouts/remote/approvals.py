"""The approvals that the account-wide policy asks for, given on the rollout itself.

They hold back the rollout. Whether they hold back everyone is the provider's capability
`APPROVALS`: where others can deploy, they are advisory, and the pages say so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import Role, User
from dashboard.cloud.provider.values import VersionDetail
from dashboard.reviews.policies.change import VersionFacts, change_between
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.policies.policy import Approver, Rule
from dashboard.reviews.policies.requirement import Requirement, required, requirement_from_json
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.decisions.values import Review
from dashboard.rollouts.remote.models import RemoteApproval, RemoteRollout
from routing.rules.lineage import Lineage
from routing.rules.split import TOTAL

ASKS = (State.REVIEW, State.RAMPING)
"""States whose next step may need approvals."""
SECRETS = ("secret_text", "secret_key")


def required_for(stable: VersionDetail, candidate: VersionDetail, weight: int) -> Requirement:
    """What the policy asks for the whole plan, which ends at 100%. An older candidate counts as
    new: which versions had 100% before is not known."""
    before, after = _facts(stable), _facts(candidate)
    number = before.number
    history = Lineage(number, (number,), (number,), frozenset(), frozenset((number,)), None)
    split = [(before, TOTAL - weight), *([(after, weight)] if weight else [])]
    change = change_between(split, [(after, TOTAL)], history)
    return required(effective(None).policy, change)


def _facts(version: VersionDetail) -> VersionFacts:
    """Values of secrets are not known: only that one is there."""
    named = {str(binding.get("name", "")): binding for binding in version.bindings}
    secret = {name for name, binding in named.items() if binding.get("type") in SECRETS}
    return VersionFacts(
        version.summary.id,
        version.summary.number,
        {name: _fingerprint(b) for name, b in named.items() if name not in secret},
        dict.fromkeys(secret, ""),
        " ".join([version.compatibility_date, *sorted(version.compatibility_flags)]),
    )


def _fingerprint(binding: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(binding, sort_keys=True, default=str).encode()).hexdigest()


def requirement_of(rollout: RemoteRollout) -> Requirement:
    return requirement_from_json(rollout.required)


def review_of(rollout: RemoteRollout, now: datetime) -> Review:
    """One query if the policy asks for something. Approvals of the ramp's first step cover all."""
    requirement = requirement_of(rollout)
    if State(rollout.state) not in ASKS or requirement.nothing or rollout.step >= 0:
        return Review.NOT_NEEDED
    if requirement.approvals:
        newest = newest_votes(rollout)
        if any(vote.kind == RemoteApproval.Kind.REJECT for vote in newest):
            return Review.REJECTED
        if len(valid_approvals(rollout, newest, now)) < requirement.approvals:
            return Review.WAITING
    if not requirement.open_at(now):
        return Review.OUTSIDE_HOURS
    return Review.APPROVED if requirement.approvals else Review.NOT_NEEDED


def newest_votes(rollout: RemoteRollout) -> list[RemoteApproval]:
    """The last word of each person."""
    votes = {vote.person_id: vote for vote in rollout.approvals.all()}
    return list(votes.values())


def valid_approvals(
    rollout: RemoteRollout, votes: Sequence[RemoteApproval], now: datetime
) -> list[RemoteApproval]:
    rule = requirement_of(rollout).rule
    if rule is None:
        return []
    approved = [vote for vote in votes if vote.kind == RemoteApproval.Kind.APPROVE]
    fresh = [vote for vote in approved if now < vote.at + rule.valid_for]
    return [vote for vote in fresh if not why_not(rollout, rule, vote.person)]


def waits_for(rollout: RemoteRollout, person: User, now: datetime) -> bool:
    """Whether this person's approval is missing and would count."""
    rule = requirement_of(rollout).rule
    if rule is None or not rule.approvals or rollout.state != State.REVIEW:
        return False
    if why_not(rollout, rule, person):
        return False
    votes = newest_votes(rollout)
    given = valid_approvals(rollout, votes, now)
    return len(given) < rule.approvals and person.pk not in {vote.person_id for vote in given}


def waiting_count(request: HttpRequest) -> int:
    """Rollouts that wait for this person's approval. Two queries, none while accounts are off."""
    user = request.user
    if not settings.CLOUD_HOSTS or not isinstance(user, User) or not user.may(Role.REVIEWER):
        return 0
    waiting = RemoteRollout.objects.with_account().filter(state=State.REVIEW.value)
    return sum(waits_for(rollout, user, timezone.now()) for rollout in waiting)


def approvers_of(rollout: RemoteRollout) -> list[User]:
    """People whose approval would count."""
    rule = requirement_of(rollout).rule
    if rule is None or not rule.approvals:
        return []
    people = User.objects.filter(is_active=True, by_token_only=False)
    return [person for person in people if not why_not(rollout, rule, person)]


def why_not(rollout: RemoteRollout, rule: Rule, person: User) -> str:
    """Why this person's approval does not count, as a code; empty if it does."""
    needed = Role.ADMIN if rule.role is Approver.ADMIN else Role.REVIEWER
    if not person.is_active or not person.may(needed):
        return "role"
    if rule.people and person.username not in rule.people:
        return "not_named"
    uploaded = bool(person.email) and person.email == rollout.candidate.author
    if not rule.own and (rollout.owner_id == person.pk or uploaded):
        return "own"
    return ""
