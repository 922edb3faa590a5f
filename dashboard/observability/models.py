"""The rollups: requests and latencies by minute, hour and day; how far each edge's log was counted.

Names and ids, not foreign keys: what was counted outlives a deleted Worker. A row belongs to one
edge, and one edge has one batch in hand at a time, so adding to a row needs no lock of its own.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from routing.agent.access_log.request_counts import NO_TRAFFIC
from routing.models import Edge


class Span(models.IntegerChoices):
    """How many seconds one row covers."""

    MINUTE = 60
    HOUR = 3_600
    DAY = 86_400


class RollupQuerySet(models.QuerySet[Any]):
    def of_deployments(self) -> RollupQuerySet:
        """Without requests to a version's own address and probes of the playground: no user of the
        Worker sent those."""
        return self.exclude(hop__in=NO_TRAFFIC)


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
        indexes = [
            # Covers how much each Worker answered lately: the rows themselves hold 2 KB of sketch.
            models.Index(
                fields=["span", "start", "hop", "worker", "requests"], name="latency_by_minute"
            )
        ]


class CallerCount(models.Model):
    """Callers of one version in one minute (`start`, seconds since 1970) at one edge, under one
    deployment: distinct ones, and those of them that had a failed request.

    `unknown` of the requests came from callers without a key; each counts as a caller.
    """

    KEY = ("worker", "start", "version_id", "deployment_id", "edge")
    NUMBERS = ("callers", "failing", "unknown")

    worker = models.CharField(max_length=63)
    start = models.PositiveBigIntegerField()
    version_id = models.CharField(max_length=36)
    deployment_id = models.CharField(max_length=36)
    edge = models.CharField(max_length=63)
    callers = models.PositiveBigIntegerField()
    failing = models.PositiveBigIntegerField()
    unknown = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "start", "version_id", "deployment_id", "edge"],
                name="caller_count_once",
            )
        ]
        indexes = [
            models.Index(fields=["start"]),
            models.Index(
                fields=["start", "worker"],
                condition=models.Q(failing__gt=0),
                name="failing_callers",
            ),
        ]


class StepCount(models.Model):
    """What one version did under a rollout's deployment at one edge, in the block from `start` on
    (seconds since 1970; `routing.snapshot.CountSpec` says how long blocks are).

    `requests`, `failed` and `slow_*` count requests; `callers`, `failing` and `slow_*_callers`
    count observations, of which a caller with a version key is one in each block
    (`routing.agent.access_log.step_counts`).
    """

    KEY = ("deployment_id", "version_id", "start", "edge")
    NUMBERS = (
        "requests",
        "callers",
        "failed",
        "failing",
        "slow_p95",
        "slow_p95_callers",
        "slow_p99",
        "slow_p99_callers",
    )

    deployment_id = models.CharField(max_length=36)
    version_id = models.CharField(max_length=36)
    start = models.PositiveBigIntegerField()
    edge = models.CharField(max_length=63)
    requests = models.PositiveBigIntegerField()
    callers = models.PositiveBigIntegerField()
    failed = models.PositiveBigIntegerField()
    failing = models.PositiveBigIntegerField()
    slow_p95 = models.PositiveBigIntegerField()
    slow_p95_callers = models.PositiveBigIntegerField()
    slow_p99 = models.PositiveBigIntegerField()
    slow_p99_callers = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment_id", "version_id", "start", "edge"], name="step_count_once"
            )
        ]
        indexes = [models.Index(fields=["start"])]


class Flag(models.Model):
    """A version whose requests fail too often. It stays until the version leaves the deployment or
    a person acknowledges it, whatever its errors do meanwhile.

    `rule` and the numbers say why: failing callers of all in the candidate's and in the compared
    traffic. `unknown` of the candidate's were requests of callers without a key.
    """

    class Rule(models.TextChoices):
        STABLE = "stable", "more than stable in the same minutes"
        PAST = "past", "more than in the hour before"
        HIGH = "high", "one in twenty or more"

    worker = models.CharField(max_length=63)
    version_id = models.CharField(max_length=36)
    deployment_id = models.CharField(max_length=36)
    rule = models.CharField(max_length=8, choices=Rule)
    failing = models.PositiveBigIntegerField()
    callers = models.PositiveBigIntegerField()
    compared_failing = models.PositiveBigIntegerField()
    compared_callers = models.PositiveBigIntegerField()
    unknown = models.PositiveBigIntegerField()
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version_id"],
                condition=models.Q(left_at=None, acknowledged_at=None),
                name="one_open_flag",
            )
        ]
        indexes = [models.Index(fields=["worker", "left_at"])]


class Reading(models.Model):
    """The places up to which one log of an edge has been counted (`sequence`)."""

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="readings")
    log = models.CharField(max_length=32)
    places = models.JSONField(default=dict)
    batch = models.CharField(max_length=40)
    applied_on = models.DateTimeField()
    #: Lines of this log that the edge could not write, as far as they are noted as a gap.
    unwritten = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "log"], name="reading_once")]


class Gap(models.Model):
    """Lines of an edge's log that were never counted. `lines` is None if unknown."""

    class Kind(models.TextChoices):
        DROPPED = "dropped", "given up at the edge, or lost on the way"
        UNREADABLE = "unreadable", "cannot be read"
        UNWRITTEN = "unwritten", "not written (a full disk, or a log file that was removed)"
        CUT_OFF = "cut_off", "killed: its last tenth of a second may be missing"
        RESTARTED = "restarted", "began anew: some may be missing or counted twice"

    edge = models.CharField(max_length=63)
    kind = models.CharField(max_length=10, choices=Kind)
    lines = models.PositiveBigIntegerField(null=True)
    began_on = models.DateTimeField()
    noticed_on = models.DateTimeField(db_index=True)
