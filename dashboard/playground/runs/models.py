"""A run of many sends: a row that one process writes and all of them read."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.playground import messages
from dashboard.playground.runs.statistics import Sent

MOST = 1_000
MOST_AT_ONCE = 32
STALE_AFTER = timedelta(seconds=30)
"""A run writes every half second while its process lives."""


class Run(models.Model):
    """`sent` has rows of `Sent`, `shares` rows of `VersionRole`; `request` is the form's fields,
    secrets masked."""

    class State(models.TextChoices):
        RUNNING = "running", "Sending"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        DIED = "died", "Died"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="playground_runs"
    )
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    worker = models.CharField(max_length=63)
    request = models.JSONField(default=dict)
    expected = models.JSONField(default=dict)
    shares = models.JSONField(default=list)
    count = models.PositiveSmallIntegerField()
    at_once = models.PositiveSmallIntegerField()
    started_on = models.DateTimeField(default=timezone.now)
    ended_on = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(default=timezone.now, db_column="beat_on")
    stop_asked = models.BooleanField(default=False)
    sent = models.JSONField(default=list)
    #: Rays found in the edges' log, and those logged with another version than the answer's.
    confirmed = models.PositiveSmallIntegerField(null=True)
    contradicted = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-started_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="running"), name="playground_one_run_each"
            )
        ]

    @property
    def under_way(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def results(self) -> list[Sent]:
        return [Sent(*row) for row in self.sent]


def expire_stale_runs() -> None:
    """Marks runs whose process has died."""
    stale = Run.objects.filter(
        state=Run.State.RUNNING, heartbeat_at__lt=timezone.now() - STALE_AFTER
    )
    stale.update(state=Run.State.DIED, ended_on=timezone.now(), problem=messages.RUN_DIED)
