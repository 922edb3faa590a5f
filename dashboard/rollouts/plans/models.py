"""Saved plans, of one Worker or for all, and their immutable edits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from dashboard.rollouts.decisions.plan import Plan, plan_from_json
from routing.models import Worker


class SavedPlan(models.Model):
    """The name of a plan; its newest edit counts. Without a Worker it is for all Workers."""

    worker = models.ForeignKey(
        Worker, null=True, on_delete=models.CASCADE, related_name="saved_plans"
    )
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "name"],
                condition=Q(worker__isnull=False),
                name="plan_name_once_per_worker",
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(worker__isnull=True), name="plan_name_once"
            ),
        ]
        ordering = ["name"]


class SavedPlanEdit(models.Model):
    """One saved state of a plan."""

    saved_plan = models.ForeignKey(SavedPlan, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["saved_plan", "number"], name="plan_edit_once"),
        ]
        ordering = ["-number"]

    @property
    def plan(self) -> Plan:
        """The edit as values."""
        return plan_from_json(self.document)
