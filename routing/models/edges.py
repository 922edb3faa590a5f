"""Edges, the revision that they should run, and when each had which."""

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
    """A machine's data plane. `status` is its last report.

    `applied_revision` is the newest revision that it runs completely. It also runs
    `desired_revision`, except for the Workers in `lagging`: name → the error ("" while it is still
    switching) and the deployment that still answers there, with its revision. Use `has` instead of
    the fields.
    """

    name = models.CharField(max_length=63, unique=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_on = models.DateTimeField()
    last_seen_on = models.DateTimeField(null=True)
    applied_revision = models.PositiveBigIntegerField(default=0)
    desired_revision = models.PositiveBigIntegerField(default=0, db_default=0)
    lagging = models.JSONField(default=dict, db_default={})
    #: Start of its unbroken reports, or its last start.
    up_at = models.DateTimeField(null=True)
    proof_url = models.CharField(max_length=255, blank=True)
    #: Log lines that were never counted, and the last time that some were missed.
    lost_lines = models.PositiveBigIntegerField(default=0, db_default=0)
    lost_at = models.DateTimeField(null=True)
    #: Why it cannot write to its disk (`routing.disk.DiskState`); "" if it can.
    disk = models.CharField(max_length=16, default="", db_default="", blank=True)
    #: The last unexpected end of its Envoy: a `routing.agent.state.state.EndKind`, and when.
    envoy_end = models.CharField(max_length=16, default="", db_default="", blank=True)
    envoy_ended_at = models.DateTimeField(null=True)
    status = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def has(self, worker_name: str, revision: int) -> bool:
        """Whether the Worker's deployment of `revision`, or a newer one, answers here."""
        return self.revision_of(worker_name) >= revision

    def revision_of(self, worker_name: str) -> int:
        """The revision of this Worker that answers here. Workers do not wait for one another."""
        lag = self.lagging.get(worker_name)
        if lag is None:
            return max(self.applied_revision, self.desired_revision)
        return int(lag["revision"])

    @property
    def failing(self) -> list[str]:
        """The Workers whose newest deployment it cannot run."""
        return sorted(name for name, lag in self.lagging.items() if lag.get("error"))

    @property
    def current_revision(self) -> int:
        """The newest revision that it runs, apart from Workers that cannot start."""
        if len(self.failing) < len(self.lagging):
            return self.applied_revision
        return max(self.applied_revision, self.desired_revision)


class Propagation(models.Model):
    """When an edge applied a revision."""

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="propagations")
    revision = models.PositiveBigIntegerField(db_index=True)
    applied_on = models.DateTimeField()
    #: `Edge.up_at` at that time; unknown for the oldest rows.
    up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edge", "revision"], name="propagation_once")
        ]
