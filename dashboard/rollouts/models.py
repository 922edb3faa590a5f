"""Rollouts and their events. A database constraint allows one active rollout per Worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from dashboard.rollouts.external_guardrails.models import GuardrailReading
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.plans.models import SavedPlan, SavedPlanEdit
from dashboard.rollouts.progress import ENDED_STATES, RolloutProgress, StoryEvent
from dashboard.rollouts.remote.models import RemoteApproval, RemoteRollout, RemoteRolloutEvent
from routing.models import Version, Worker

__all__ = [
    "GuardrailReading",
    "Hook",
    "HookDelivery",
    "RemoteApproval",
    "RemoteRollout",
    "RemoteRolloutEvent",
    "Rollout",
    "RolloutEvent",
    "RolloutQuerySet",
    "SavedPlan",
    "SavedPlanEdit",
]


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def active(self) -> RolloutQuerySet:
        return self.exclude(state__in=ENDED_STATES)

    def with_versions(self) -> RolloutQuerySet:
        return self.select_related("worker", "candidate", "stable", "owner")


class Rollout(RolloutProgress):
    """A rollout of a Worker on our own edges."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="rollouts")
    candidate = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    stable = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    slow_budget = models.JSONField(default=dict, db_default={})
    suite = models.CharField(max_length=100, blank=True, default="", db_default="")

    objects = RolloutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker"],
                condition=~Q(state__in=ENDED_STATES),
                name="one_active_rollout",
            )
        ]
        indexes = [models.Index(fields=["worker", "-started_at"])]

    @property
    def has_checks(self) -> bool:
        return bool(self.suite)

    def get_absolute_url(self) -> str:
        return reverse("rollouts:detail", args=[self.worker.name, self.pk])


class RolloutEvent(StoryEvent):
    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="events")
