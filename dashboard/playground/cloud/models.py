"""Requests to Workers of connected accounts, and their answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.cloud.models import CloudAccount


class CloudSend(models.Model):
    """One send. `request` is the form's fields, secrets masked. Without `status` it was not
    answered, and `problem` (title, text) says why.

    `asked` is the version that the override named, `share` its percentage then (None if it was not
    in the live deployment). `facts` is what the answer shows about itself (`AnswerFacts`) and
    `verdict` what proves it (`Verdict`), both as JSON.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cloud_sends"
    )
    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="sends")
    worker = models.CharField(max_length=255)
    sent_at = models.DateTimeField(db_index=True, default=timezone.now)
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=4096)
    request = models.JSONField(default=dict)
    asked = models.CharField(max_length=64, blank=True)
    share = models.FloatField(null=True)
    role = models.CharField(max_length=16, blank=True)
    problem = models.JSONField(default=list)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=list)
    timing = models.JSONField(default=list)
    body = models.BinaryField(default=bytes)
    ended_by = models.CharField(max_length=16, blank=True)
    colo = models.CharField(max_length=8, blank=True)
    facts = models.JSONField(default=dict)
    verdict = models.JSONField(default=dict)
    proved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-sent_at"]
        indexes = [models.Index(fields=["person", "account", "-sent_at"])]

    @property
    def fields(self) -> Mapping[str, str]:
        """The form's fields, as `compose` takes them."""
        return {str(key): str(value) for key, value in self.request.items()}


class CloudRun(models.Model):
    """Many sends of one request, `kind` "many", or one to stable, the candidate and stable again,
    `kind` "compare". `rows` are results as JSON (`many.RunRow`, `many.ComparedAnswer`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cloud_runs"
    )
    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="runs")
    worker = models.CharField(max_length=255)
    kind = models.CharField(max_length=8)
    made_at = models.DateTimeField(default=timezone.now)
    request = models.JSONField(default=dict)
    shares = models.JSONField(default=list)
    rows = models.JSONField(default=list)

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["person", "account", "-made_at"])]

    @property
    def fields(self) -> Mapping[str, str]:
        return {str(key): str(value) for key, value in self.request.items()}
