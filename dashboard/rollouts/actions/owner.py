"""The owner of a rollout: the person who started it or took it over."""

from __future__ import annotations

from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.discussion.models import HandOver
from dashboard.rollouts.models import Rollout, RolloutEvent


def follow_hand_over(note: HandOver, person: User) -> None:
    """Makes the person who takes over a Worker the owner of its running rollout. Runs in the
    transaction of the hand-over. Does not take a turn: no decision depends on the owner."""
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
