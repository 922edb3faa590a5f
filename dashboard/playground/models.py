"""What the playground stores: a person's history and requests shared with everybody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.smoketests.models import Suite

KEEP = timedelta(days=30)
MOST = 200
"""Entries of one person's history; the oldest go first."""

MOST_SAVED = 200
"""Requests that one person shares."""


class Entry(models.Model):
    """One send and its result. `request` is the form's fields, secrets
    masked; an entry without `status` was not answered, and `problem` says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="playground_entries"
    )
    sent_on = models.DateTimeField(db_index=True, default=timezone.now)
    worker = models.CharField(max_length=63)
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=4096)
    request = models.JSONField(default=dict)
    expected = models.JSONField(default=dict)
    problem = models.JSONField(default=list)
    edge = models.CharField(max_length=63, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    ray = models.CharField(max_length=32, blank=True)
    headers = models.JSONField(default=list)
    stamps = models.JSONField(default=dict)
    timing = models.JSONField(default=list)
    body = models.BinaryField(default=bytes)
    truncated = models.BooleanField(default=False)
    #: What ended the answer early (`answer.EndedBy`).
    ended_by = models.CharField(max_length=16, blank=True, default="", db_default="")
    #: The version that ran: its id, and how it stood then.
    version_id = models.CharField(max_length=36, blank=True)
    role = models.CharField(max_length=16, blank=True)
    agrees = models.BooleanField(null=True)

    class Meta:
        ordering = ["-sent_on"]
        indexes = [models.Index(fields=["person", "-sent_on"])]

    @property
    def role_word(self) -> str:
        return {"stable": "Stable", "candidate": "Candidate", "staged": "Candidate"}.get(
            self.role, "Previous"
        )

    @property
    def fields(self) -> Mapping[str, str]:
        """The form's fields, as `compose` takes them."""
        return {str(k): str(v) for k, v in self.request.items()}


class Saved(models.Model):
    """A request shared with everybody, under a collection's name. One that was made a check names
    its suite and the check there, which says what the answer must be."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.CharField(max_length=100, default="Shared", db_index=True)
    name = models.CharField(max_length=100)
    worker = models.CharField(max_length=63)
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=4096)
    request = models.JSONField(default=dict)
    suite = models.ForeignKey(Suite, null=True, on_delete=models.SET_NULL, related_name="+")
    check_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_on = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["collection", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def fields(self) -> Mapping[str, Any]:
        return {str(k): str(v) for k, v in self.request.items()} | {"saved": str(self.id)}


class Allowance(models.Model):
    """How many requests a person has sent in the minute that began at `since`."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    since = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)


# Django finds a room's models here.
from dashboard.playground.cloud.models import CloudRun as CloudRun, CloudSend as CloudSend  # noqa: E402
from dashboard.playground.compare.models import Compared as Compared  # noqa: E402
from dashboard.playground.runs.models import Run as Run  # noqa: E402
