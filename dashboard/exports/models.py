"""Export jobs, and the batches that a destination did not take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

DATASET = "workers_trace_events"
TRACES = "otlp_traces"
"""Ours: spans for a collector; there is at most one such job, made by a setting."""


class JobQuerySet(models.QuerySet["Job"]):
    def free(self, now: datetime) -> JobQuerySet:
        """Jobs that no process has claimed."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lt=now))

    def due(self, now: datetime) -> JobQuerySet:
        """Enabled jobs whose time has come, the one waiting longest first."""
        waiting = Q(next_try_on=None) | Q(next_try_on__lte=now)
        return self.free(now).filter(waiting, enabled=True).order_by("next_try_on", "id")


class Job(models.Model):
    """A destination, what to send and the progress.

    `cursor` is the id of the last invocation that is done; `batch_end` the last id of the batch
    being sent, written before it is sent, so that a retry sends the same lines under the same name.
    """

    name = models.CharField(max_length=512, blank=True)
    dataset = models.CharField(max_length=40, default=DATASET)
    encrypted_destination = models.TextField(db_column="sealed")
    redacted_destination = models.TextField(db_column="shown")
    enabled = models.BooleanField(default=False)
    options = models.JSONField(default=dict)
    filter = models.TextField(blank=True)
    max_upload_records = models.PositiveIntegerField(default=0)
    max_upload_bytes = models.PositiveBigIntegerField(default=0)
    max_upload_interval_seconds = models.PositiveIntegerField(default=0)
    created_on = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    cursor = models.PositiveBigIntegerField(default=0)
    batch_end = models.PositiveBigIntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_on = models.DateTimeField(null=True, db_index=True)
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True)

    last_complete = models.DateTimeField(null=True)
    last_error = models.DateTimeField(null=True)
    error_message = models.CharField(max_length=1000, blank=True)
    sent_records = models.PositiveBigIntegerField(default=0)
    sent_batches = models.PositiveBigIntegerField(default=0)
    missed_records = models.PositiveBigIntegerField(default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name or f"export {self.pk}"

    def described(self) -> dict[str, Any]:
        """For the audit trail; no secrets."""
        return {
            "name": self.name,
            "destination": self.redacted_destination,
            "enabled": self.enabled,
            "filter": self.filter,
            "options": self.options,
        }


class DeadLetter(models.Model):
    """A batch that could not be delivered, in `file` below the data folder."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="dead_letters")
    object_name = models.CharField(max_length=255)
    file = models.CharField(max_length=255)
    records = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    made_on = models.DateTimeField()
    error = models.CharField(max_length=1000, blank=True)
    retry_requested = models.BooleanField(default=False, db_column="wanted")

    class Meta:
        ordering = ["id"]
