"""A rollout's decisions make events in their own transaction."""

import pytest
from django.utils import timezone

from dashboard.notifications.models import OutboxEvent
from dashboard.rollouts import messages
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.conductor.notices import HARM

pytestmark = pytest.mark.django_db


def test_a_hold_and_its_reason_reach_the_owner(scene):
    rollout = scene.start()
    OutboxEvent.objects.all().delete()
    ACTIONS["hold"](scene.rollout(), ActionRequest(None, "shell", timezone.now(), "lunch"))
    (event,) = OutboxEvent.objects.all()
    assert (event.code, event.worker) == ("rollout.held", rollout.worker.name)
    assert event.people == [rollout.owner_id] and "lunch" in event.detail
    assert event.link.endswith(f"/rollouts/{rollout.pk}/")


def test_a_decision_that_loses_its_turn_tells_nobody(scene):
    from dashboard.rollouts.conductor.advance import Stale

    scene.start()
    stale = scene.rollout()
    ACTIONS["hold"](scene.rollout(), ActionRequest(None, "shell", timezone.now()))
    OutboxEvent.objects.all().delete()
    with pytest.raises(Stale):
        ACTIONS["hold"](stale, ActionRequest(None, "shell", timezone.now()))
    assert not OutboxEvent.objects.exists()


def test_every_reason_that_is_harm_is_announced_as_harm():
    harm = {code for code, words in messages.REASONS.items() if words.startswith("Harm: ")}
    assert harm <= HARM
