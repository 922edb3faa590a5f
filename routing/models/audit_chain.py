"""The chain over the audit trail. Seals have no foreign key: a removed entry leaves its seal."""

from __future__ import annotations

from django.db import models

from routing.models.immutable import Immutable


class AuditSeal(Immutable):
    """One link. Positions have no gaps; `hash` covers `previous` and the entry's content."""

    position = models.PositiveBigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)


class AuditHead(models.Model):
    """The end of the chain: one row, which is also the lock of everybody who appends.
    `entry_id` is the highest that has a seal."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    entry_id = models.BigIntegerField(default=0)
