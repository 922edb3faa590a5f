"""Rollouts of Workers of connected accounts. Versions are values: their rows live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from dashboard.cloud.models import CloudAccount, CloudChange
from dashboard.rollouts.progress import ENDED_STATES, RolloutProgress, StoryEvent


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A version as it was when the rollout began."""

    id: str
    number: int
    tag: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class WorkerRef:
    """A Worker by the names that texts use."""

    account: str
    name: str

    @property
    def audit_subject(self) -> str:
        return f"cloudflare worker {self.account}/{self.name}"


class RemoteRolloutQuerySet(models.QuerySet["RemoteRollout"]):
    def active(self) -> RemoteRolloutQuerySet:
        return self.exclude(state__in=ENDED_STATES)

    def with_account(self) -> RemoteRolloutQuerySet:
        return self.select_related("account", "owner", "change").prefetch_related(
            "approvals__person"
        )


class RemoteRollout(RolloutProgress):
    """`change` is its last deployment. While `pending` holds a decision, that deployment was begun
    and its result is not known yet; no other decision is made. `ready_at`: since when the current
    share counts as live. `checks` are a suite's checks, `check_run` their last run. `required` are
    the rules of the policy that apply."""

    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="rollouts")
    worker_name = models.CharField(max_length=255)
    candidate_version = models.JSONField()
    stable_version = models.JSONField()
    change = models.ForeignKey(
        CloudChange, null=True, on_delete=models.SET_NULL, related_name="rollouts"
    )
    pending = models.JSONField(null=True)
    ready_at = models.DateTimeField(null=True)
    checks = models.JSONField(default=list)
    check_run = models.JSONField(default=dict)
    required = models.JSONField(default=list)

    objects = RemoteRolloutQuerySet.as_manager()

    class Meta:
        app_label = "rollouts"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "worker_name"],
                condition=~Q(state__in=ENDED_STATES),
                name="one_active_remote_rollout",
            )
        ]
        indexes = [models.Index(fields=["account", "worker_name", "-started_at"])]

    @property
    def has_checks(self) -> bool:
        return bool(self.checks)

    @property
    def worker(self) -> WorkerRef:
        return WorkerRef(self.account.slug, self.worker_name)

    @property
    def candidate(self) -> VersionRef:
        return VersionRef(**self.candidate_version)

    @property
    def stable(self) -> VersionRef:
        return VersionRef(**self.stable_version)

    def get_absolute_url(self) -> str:
        return reverse("rollouts:remote", args=[self.account.slug, self.worker_name, self.pk])


class RemoteRolloutEvent(StoryEvent):
    rollout = models.ForeignKey(RemoteRollout, on_delete=models.CASCADE, related_name="events")

    class Meta(StoryEvent.Meta):
        app_label = "rollouts"


class RemoteApproval(models.Model):
    """One person's word on a rollout; the newest one of each person counts."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Rejected"

    rollout = models.ForeignKey(RemoteRollout, on_delete=models.CASCADE, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    username = models.CharField(max_length=150)
    kind = models.CharField(max_length=16, choices=Kind)
    comment = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "rollouts"
        ordering = ["pk"]

    def as_json(self) -> dict[str, Any]:
        return {"by": self.username, "kind": self.kind, "comment": self.comment}
