"""How far the push of the trail to a webhook has come."""

from __future__ import annotations

from django.db import models


class AuditPush(models.Model):
    """One row for each address; `url` is its host and a hash. `position` is the last entry that the
    receiver took."""

    url = models.CharField(max_length=500, unique=True)
    position = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
