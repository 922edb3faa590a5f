"""Cron triggers of Workers, and the events that were sent to versions."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from routing.models.edges import Edge
from routing.models.versions import Version, Worker
from routing.rules.cron import LONGEST


class Schedule(models.Model):
    """A cron trigger. It belongs to the Worker, so it survives deployments and rollbacks."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="schedules")
    cron = models.CharField(max_length=LONGEST)
    created_on = models.DateTimeField()
    modified_on = models.DateTimeField()

    class Meta:
        ordering = ["created_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["worker", "cron"], name="schedule_once_per_worker")
        ]


class WorkerEvent(models.Model):
    """One call of a version's `scheduled()` or `queue()` handler, waiting, in progress or ended.

    The row is the claim: a schedule has one per minute, and only the socket that takes it delivers
    it. `kind` is a `routing.event_delivery.EventKind`; `name` is the cron expression or the queue.
    `outcome` is workerd's, an `EventFailure`, or one of `dashboard.events.outcomes`; "" until the
    event ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="events")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=LONGEST)
    #: The minute of a schedule; otherwise when it was created.
    scheduled_at = models.DateTimeField()
    #: Started by a person.
    is_manual = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    #: JSON for `routing/runtime/events.js`, encrypted if it holds messages of a queue.
    payload = models.TextField()
    created_at = models.DateTimeField()
    #: Until then an edge may take it.
    expires_at = models.DateTimeField()
    #: The edge that should take it, since when, and those that did not.
    edge = models.ForeignKey(Edge, null=True, on_delete=models.SET_NULL, related_name="+")
    assigned_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    socket = models.CharField(max_length=32, default="", blank=True)
    #: When the socket closed before there was an answer.
    lost_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=32, default="", blank=True)
    detail = models.TextField(default="", blank=True)
    no_retry = models.BooleanField(default=False)
    result = models.TextField(default="", blank=True)
    wall_ms = models.PositiveIntegerField(null=True)
    #: When the messages of a batch were acknowledged, or given back.
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "kind", "name", "scheduled_at"], name="worker_event_once"
            )
        ]
        indexes = [
            models.Index(fields=["worker", "-scheduled_at"], name="worker_event_newest"),
            models.Index(
                fields=["edge"], name="worker_event_open", condition=models.Q(ended_at=None)
            ),
            models.Index(
                fields=["worker", "name"],
                name="worker_event_unsettled",
                condition=models.Q(kind="queue", settled_at=None),
            ),
        ]
