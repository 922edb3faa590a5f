"""The last reading of each outside guardrail."""

from __future__ import annotations

from django.db import models

from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails.verdicts import Reading


class GuardrailReading(models.Model):
    """`due_at`: the time of the next query; moving it on claims the query. `about_at`: the time
    of the data, None before the first response."""

    rollout = models.ForeignKey(
        "rollouts.Rollout", on_delete=models.CASCADE, related_name="readings"
    )
    name = models.CharField(max_length=32)
    due_at = models.DateTimeField()
    deployment_id = models.CharField(max_length=36, blank=True)
    about_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=16, blank=True)
    code = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        app_label = "rollouts"
        constraints = [
            models.UniqueConstraint(fields=["rollout", "name"], name="guardrail_reading_once"),
        ]

    def as_value(self) -> Reading | None:
        """None before the first answer."""
        if self.about_at is None:
            return None
        return Reading(
            self.deployment_id, self.about_at, Verdict(self.verdict), self.code, self.facts
        )
