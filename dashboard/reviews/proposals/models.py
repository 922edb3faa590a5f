"""Proposals. A database constraint allows one open proposal per Worker."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from routing.models import Worker


class State(models.TextChoices):
    """Where a request is. The names are part of the CLI and the API."""

    OPEN = "open", "Waiting for approvals"
    NEEDS_CHANGES = "needs_changes", "Needs changes"
    APPROVED = "approved", "Approved"
    DEPLOYED = "deployed", "Deployed"
    REJECTED = "rejected", "Rejected"
    VOID = "void", "Void"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


UNDECIDED = (State.OPEN, State.NEEDS_CHANGES, State.APPROVED)
"""States in which a request can still be deployed."""


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def undecided(self) -> ProposalQuerySet:
        return self.filter(state__in=UNDECIDED)

    def with_people(self) -> ProposalQuerySet:
        return self.select_related("worker", "author").prefetch_related("decisions__person")


class Proposal(models.Model):
    """A deployment that waits. Approvals are bound to `from_deployment_id` (empty: none), `shares`
    ([version id, percentage] in order), `plan` and `evidence`; `round` is raised when one of them
    is replaced. `evidence` holds `suite`, `edit` and `run`, or nothing. With `rollout_id` the
    rollout deploys, by `plan`. `shares` are what is live at the end then. `requirement` and
    `owners` are as `reevaluate` last judged it, for lists."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="proposals")
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    round = models.PositiveIntegerField(default=1)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=32)
    message = models.CharField(max_length=1000, blank=True)
    triggered_by = models.CharField(max_length=32, default="deployment")
    force = models.BooleanField(default=False)
    from_deployment_id = models.CharField(max_length=36, blank=True)
    shares = models.JSONField()
    plan = models.JSONField(null=True)
    evidence = models.JSONField(default=dict)
    rollout_id = models.UUIDField(null=True)
    requirement = models.JSONField(default=list)
    owners = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    reason = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict)
    deployment_id = models.CharField(max_length=36, blank=True)
    emergency_by = models.CharField(max_length=150, blank=True)
    emergency_reason = models.CharField(max_length=1000, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    expiry_announced_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker"],
                condition=Q(state__in=[state.value for state in UNDECIDED]),
                name="one_open_proposal",
            )
        ]
        indexes = [
            models.Index(fields=["state", "expires_at"]),
            models.Index(fields=["worker", "-created_at"]),
            models.Index(fields=["rollout_id", "-created_at"]),
        ]

    @property
    def short_id(self) -> str:
        return str(self.id)[:8]

    @property
    def undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def is_emergency(self) -> bool:
        return bool(self.emergency_by)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """`shares` as `routing.control.deploy` takes them."""
        return [(version_id, percentage) for version_id, percentage in self.shares]

    @property
    def content(self) -> dict[str, Any]:
        """What approvals are bound to."""
        return {
            "from": self.from_deployment_id,
            "shares": self.shares,
            "plan": self.plan,
            "evidence": self.evidence,
            "rollout": str(self.rollout_id) if self.rollout_id else "",
        }


class Decision(models.Model):
    """One person's word on one round of a request. `renewed_at` is when an approval that had run
    out was given again; nothing else is ever changed. `proof` is the run of checks that
    the person sent from the review page: `run`, `state`, `passed` and `results`."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approved"
        NEEDS_CHANGES = "needs_changes", "Needs changes"
        REJECT = "reject", "Rejected"

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="decisions")
    round = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    username = models.CharField(max_length=150)
    kind = models.CharField(max_length=16, choices=Kind)
    comment = models.CharField(max_length=2000, blank=True)
    proof = models.JSONField(default=dict)
    at = models.DateTimeField()
    renewed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "round", "person"],
                condition=Q(kind="approve", renewed_at=None),
                name="one_approval_each",
            )
        ]


class ProposalEvent(models.Model):
    """An event of a request; `messages.event_words` is its text."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    code = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)
    username = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["pk"]
