"""Holds: why a Worker cannot be deployed right now. Rollouts create them, the gate reads them."""

from __future__ import annotations

from django.db import models

from dashboard.reviews.policies.models import PolicyEdit
from dashboard.reviews.proposals.models import Decision, Proposal, ProposalEvent
from routing.models import Worker

__all__ = ["Decision", "DeployHold", "PolicyEdit", "Proposal", "ProposalEvent"]


class DeployHold(models.Model):
    """Deployments of the Worker are refused. `facts` are the numbers of its message."""

    class Kind(models.TextChoices):
        RUNNING = "running", "A rollout runs: only it deploys"
        AFTER_ROLLBACK = "after_rollback", "Rolled back: API tokens wait for a person"

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="deploy_holds")
    kind = models.CharField(max_length=16, choices=Kind)
    rollout_id = models.UUIDField()
    username = models.CharField(max_length=150, blank=True)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "kind"], name="hold_once")]
