"""The table behind `counts`."""

from __future__ import annotations

from django.db import models


class AttemptCount(models.Model):
    """Attempts at one thing by one subject. The key is a hash, so that there is no list of names or
    addresses; rows are deleted after `used_until`."""

    key = models.CharField(max_length=64, primary_key=True)
    used_until = models.DateTimeField(db_index=True)
