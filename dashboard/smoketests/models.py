"""Suites, their immutable edits, and runs with the evidence of each check at each edge."""

from __future__ import annotations

import uuid
from functools import cached_property

from django.conf import settings
from django.db import models

from dashboard.smoketests.suites.document import Suite as Document
from dashboard.smoketests.suites.yaml_format import suite_from_data
from routing.models import Version, Worker


class Suite(models.Model):
    """A named set of checks of one Worker. What it checks is its newest edit."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="suites")
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "name"], name="suite_name_once"),
        ]
        ordering = ["name"]


class SuiteEdit(models.Model):
    """One saved state of a suite, never changed. `source` is the file as it came, if one did."""

    suite = models.ForeignKey(Suite, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    source = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suite", "number"], name="suite_edit_once"),
        ]
        ordering = ["-number"]

    @cached_property
    def content(self) -> Document:
        """The edit as values."""
        return suite_from_data(self.document, stored=True)


class SmokeRun(models.Model):
    """One run of an edit against one version. It is evidence for the deployment it ran in."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to start"
        RUNNING = "running", "Running"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        BROKEN = "broken", "Broken: another version answered, or none"
        STOPPED = "stopped", "Stopped"
        ABANDONED = "abandoned", "Its process died"

    UNFINISHED = (State.WAITING, State.RUNNING)
    JUDGED = (State.PASSED, State.FAILED, State.BROKEN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edit = models.ForeignKey(SuiteEdit, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    deployment_id = models.CharField(max_length=36, blank=True)
    rollout_id = models.UUIDField(null=True)
    #: Run by `manage.py smoke run`, which runs scripts too.
    by_command = models.BooleanField(default=False, db_default=False)
    #: Whether bodies and header lines of its results are still stored (see runs/retention.py).
    has_evidence = models.BooleanField(default=True, db_default=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=500, blank=True)
    edges = models.JSONField(default=list)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["rollout_id", "-started_at"])]

    @property
    def finished(self) -> bool:
        return self.state not in self.UNFINISHED


class AcceptedDifference(models.Model):
    """A failure that a person marked as expected, for one edit and version: who, why, when.

    `fingerprint` is of the assertions that failed (see runs/acceptance.py); `results` are they.
    """

    edit = models.ForeignKey(SuiteEdit, on_delete=models.CASCADE, related_name="accepted")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    results = models.JSONField(default=list)
    why = models.CharField(max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edit", "version", "position", "fingerprint"], name="accepted_once"
            ),
        ]


class CheckResult(models.Model):
    """What one check came to at one edge, with the evidence."""

    run = models.ForeignKey(SmokeRun, on_delete=models.CASCADE, related_name="results")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    required = models.BooleanField(default=True)
    edge = models.CharField(max_length=63)
    verdict = models.CharField(max_length=8)
    results = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True)
    version_id = models.CharField(max_length=36, blank=True)
    proved = models.BooleanField(default=False)
    ray = models.CharField(max_length=32, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    ms = models.FloatField(default=0)
    body = models.TextField(blank=True)
    headers = models.JSONField(null=True)
    #: What stable answered to the same request; null where nothing was sent to it.
    stable = models.JSONField(null=True)
    sent_at = models.DateTimeField(null=True)
    accepted = models.ForeignKey(
        AcceptedDifference, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position", "edge"], name="result_once"),
        ]
        ordering = ["position", "edge"]
