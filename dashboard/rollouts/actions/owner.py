"""Who owns a rollout: who started it, then who took over."""

from __future__ import annotations

from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.discussion.models import HandOver
from dashboard.rollouts.models import Rollout, RolloutEvent


def follow_hand_over(note: HandOver, person: User) -> None:
    """The person who takes over a Worker owns its running rollout. Runs in that transaction.

    The turn stays: the owner is nothing that a decision of the conductor depends on.
    """
    for rollout in Rollout.objects.active().filter(worker=note.worker):
        Rollout.objects.filter(pk=rollout.pk).update(owner=person)
        RolloutEvent.objects.create(
            rollout=rollout,
            at=timezone.now(),
            state=rollout.state,
            step=rollout.step,
            code="taken_over",
            facts={"from": note.from_username},
            username=person.username,
        )
