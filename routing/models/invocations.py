"""Requests from the edges' access logs, and the console lines of Workers."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from routing.models.edges import Edge


class InvocationQuerySet(models.QuerySet["Invocation"]):
    def newest_first(self) -> InvocationQuerySet:
        return self.order_by(F("started_on").desc(), "-id")


class Invocation(models.Model):
    """One request that a version answered, from an edge's access log.

    Ids instead of foreign keys, because the log outlives a deleted Worker. `hop` is the listener:
    public, proof or internal. `cold_start_us` is the part of `duration_us` that the request waited
    for a cold version's process.
    """

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="invocations")
    request_id = models.CharField(max_length=64)
    ray = models.CharField(max_length=32, db_index=True)
    hop = models.CharField(max_length=8)
    worker = models.CharField(max_length=63, db_index=True)
    version_id = models.CharField(max_length=36, blank=True)
    deployment_id = models.CharField(max_length=36, blank=True)
    reason = models.CharField(max_length=16, blank=True)
    override = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=16)
    host = models.CharField(max_length=255, blank=True)
    path = models.CharField(max_length=2048)
    status = models.PositiveSmallIntegerField()
    flags = models.CharField(max_length=32, blank=True)
    caller = models.CharField(max_length=36, blank=True)
    started_on = models.DateTimeField(db_index=True)
    duration_us = models.PositiveBigIntegerField()
    cold_start_us = models.PositiveBigIntegerField(default=0, db_default=0)

    objects = InvocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edge", "request_id"], name="invocation_once")
        ]
        indexes = [models.Index(fields=["worker", "-started_on"])]


class InvocationDetail(models.Model):
    """Console lines, exceptions and the outcome of one request; or an RPC call or a cron or queue
    event, which appear in no access log.

    Belongs to the invocation with the same ray and version. Two calls with the same ray have two
    details of a version, which differ by time only.
    """

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="details")
    detail_id = models.CharField(max_length=64)
    ray = models.CharField(max_length=32, blank=True, db_index=True)
    worker = models.CharField(max_length=63)
    version_id = models.CharField(max_length=36)
    entrypoint = models.CharField(max_length=255, blank=True)
    rpc_method = models.CharField(max_length=255, blank=True)
    #: "cron", "queue" or "tail" for an event, with its expression, queue or Worker, and the minute
    #: of a schedule.
    # Nullable, as a column with a default would make SQLite copy the table.
    trigger = models.CharField(max_length=8, null=True)  # noqa: DJ001
    trigger_name = models.CharField(max_length=255, null=True)  # noqa: DJ001
    scheduled_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=16, blank=True)
    path = models.CharField(max_length=2048, blank=True)
    outcome = models.CharField(max_length=32)
    started_on = models.DateTimeField(db_index=True)
    wall_ms = models.PositiveIntegerField()
    logs = models.JSONField(default=list)
    exceptions = models.JSONField(default=list)
    failed = models.BooleanField(default=False)
    truncated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "detail_id"], name="detail_once")]
        indexes = [models.Index(fields=["worker", "-started_on"])]
