"""Policies as immutable edits. The newest one counts."""

from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import Q

from dashboard.reviews.policies.policy import Policy, policy_from_json
from routing.models import Worker


class PolicyEdit(models.Model):
    """One saved state of a policy, never changed: of `worker`, or without one of the account.
    With `follows_account` the Worker has no policy of its own from this edit on."""

    worker = models.ForeignKey(
        Worker, null=True, on_delete=models.CASCADE, related_name="policy_edits"
    )
    number = models.PositiveIntegerField()
    document = models.JSONField(default=dict)
    follows_account = models.BooleanField(default=False, db_default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["worker", "number"], name="policy_edit_once"),
            models.UniqueConstraint(
                fields=["number"], condition=Q(worker=None), name="account_policy_edit_once"
            ),
        ]

    @cached_property
    def policy(self) -> Policy:
        """The edit as values."""
        return policy_from_json(self.document)
