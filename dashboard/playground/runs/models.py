"""A run of many sends, in a row that every web process can read while one of them sends."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.playground.runs.statistics import Sent

MOST = 1_000
MOST_AT_ONCE = 32
DEAD_AFTER = timedelta(seconds=30)
"""A run writes every half second, unless the process that sends has died. One send may take 20."""


class Run(models.Model):
    """`sent` holds rows of `Sent`; `shares` how the live versions
    stood (`Stood`); `request` the form's fields, secrets masked."""

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
    beat_on = models.DateTimeField(default=timezone.now)
    stop_asked = models.BooleanField(default=False)
    sent = models.JSONField(default=list)
    #: Rays in the edges' log, and those whose line names another version than the answer did.
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
    """Runs whose process is gone are marked so; anybody who looks does it."""
    silent = Run.objects.filter(state=Run.State.RUNNING, beat_on__lt=timezone.now() - DEAD_AFTER)
    silent.update(
        state=Run.State.DIED,
        ended_on=timezone.now(),
        problem="The process that sent it has ended. What it had sent until then is shown.",
    )
