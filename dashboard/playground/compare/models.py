"""A stored comparison: a link opens it with other masks."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Compared(models.Model):
    """`answers` (`StoredAnswer`) are stable's first and second and the candidate's; `stood`
    (`VersionRole`) is stable and the candidate; `request` the form's fields, secrets masked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="playground_comparisons"
    )
    made_on = models.DateTimeField(default=timezone.now, db_index=True)
    worker = models.CharField(max_length=63)
    request = models.JSONField(default=dict)
    stood = models.JSONField(default=list)
    answers = models.JSONField(default=list)

    class Meta:
        ordering = ["-made_on"]
