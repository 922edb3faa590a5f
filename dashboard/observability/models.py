"""The rollups: requests and latencies by minute, hour and day; how far each edge's log was counted.

Names and ids, not foreign keys: what was counted outlives a deleted Worker. A row belongs to one
edge, and one edge has one batch in hand at a time, so adding to a row needs no lock of its own.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from routing.models import Edge


class Span(models.IntegerChoices):
    """How many seconds one row covers."""

    MINUTE = 60
    HOUR = 3_600
    DAY = 86_400


class RollupQuerySet(models.QuerySet[Any]):
    def of_deployments(self) -> RollupQuerySet:
        """Without requests to a version's own address: nobody's users sent those."""
        return self.exclude(hop="preview")


class Count(models.Model):
    """`requests` that came in the `span` from `start` (seconds since 1970, UTC) on."""

    KEY = (
        "worker",
        "span",
        "start",
        "version_id",
        "deployment_id",
        "edge",
        "hop",
        "reason",
        "override",
        "status_class",
        "error",
    )

    worker = models.CharField(max_length=63)
    span = models.PositiveIntegerField(choices=Span)
    start = models.PositiveBigIntegerField()
    version_id = models.CharField(max_length=36)
    deployment_id = models.CharField(max_length=36)
    edge = models.CharField(max_length=63)
    hop = models.CharField(max_length=8)
    reason = models.CharField(max_length=16)
    override = models.CharField(max_length=20)
    status_class = models.PositiveSmallIntegerField()
    error = models.CharField(max_length=12)
    requests = models.PositiveBigIntegerField()

    objects = RollupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("worker", "span", "start", "version_id", "deployment_id", "edge"),
                    *("hop", "reason", "override", "status_class", "error"),
                ],
                name="count_once",
            )
        ]
        indexes = [
            models.Index(fields=["span", "start"]),
            models.Index(fields=["span", "error", "start"], name="failures_by_minute"),
        ]


class Latency(models.Model):
    """Durations of the same requests: `sketch` is a t-digest of microseconds."""

    KEY = ("worker", "span", "start", "version_id", "edge", "hop")

    worker = models.CharField(max_length=63)
    span = models.PositiveIntegerField(choices=Span)
    start = models.PositiveBigIntegerField()
    version_id = models.CharField(max_length=36)
    edge = models.CharField(max_length=63)
    hop = models.CharField(max_length=8)
    requests = models.PositiveBigIntegerField()
    total_us = models.PositiveBigIntegerField()
    sketch = models.BinaryField()

    objects = RollupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "span", "start", "version_id", "edge", "hop"],
                name="latency_once",
            )
        ]
        indexes = [models.Index(fields=["span", "start"])]


class Reading(models.Model):
    """The places up to which one log of an edge has been counted (`sequence`)."""

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="readings")
    log = models.CharField(max_length=32)
    places = models.JSONField(default=dict)
    batch = models.CharField(max_length=40)
    applied_on = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "log"], name="reading_once")]


class Gap(models.Model):
    """Lines of an edge's log that were never counted. `lines` is None where nobody knows."""

    class Kind(models.TextChoices):
        DROPPED = "dropped", "given up at the edge, or lost on the way"
        UNREADABLE = "unreadable", "cannot be read"
        CUT_OFF = "cut_off", "killed: its last tenth of a second may be missing"
        RESTARTED = "restarted", "began anew: some may be missing or counted twice"

    edge = models.CharField(max_length=63)
    kind = models.CharField(max_length=10, choices=Kind)
    lines = models.PositiveBigIntegerField(null=True)
    began_on = models.DateTimeField()
    noticed_on = models.DateTimeField(db_index=True)
