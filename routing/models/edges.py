"""The edges, the revision that they should run, and when each had which."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DesiredState(models.Model):
    """One row: the revision counter of what the edges should run."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_desired_state")]


class Edge(models.Model):
    """A machine's data plane. `applied_revision` is what it has; `status` its last report."""

    name = models.CharField(max_length=63, unique=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_on = models.DateTimeField()
    last_seen_on = models.DateTimeField(null=True)
    applied_revision = models.PositiveBigIntegerField(default=0)
    proof_url = models.CharField(max_length=255, blank=True)
    status = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Propagation(models.Model):
    """When an edge had a revision: the propagation meter's facts."""

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="propagations")
    revision = models.PositiveBigIntegerField(db_index=True)
    applied_on = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edge", "revision"], name="propagation_once")
        ]
