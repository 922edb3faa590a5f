"""Edges, the revision that they should run, and when each had which."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat

from routing.models.versions import Worker

DEFAULT_GROUP = "default"
"""The group of an edge that was given no other."""


class DesiredState(models.Model):
    """One row: the revision counter of what the edges should run."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_desired_state")]


class EdgeQuerySet(models.QuerySet["Edge"]):
    def running(self, worker_name: str) -> EdgeQuerySet:
        """The edges of the Worker's groups."""
        name = Concat(Value(" "), OuterRef("group"), Value(" "))
        elsewhere = Worker.objects.filter(name=worker_name).exclude(group_names="")
        return self.exclude(Exists(elsewhere.exclude(group_names__contains=name)))

    def expected(self, silent_since: datetime) -> EdgeQuerySet:
        """Without draining edges that have been silent since then: these have left."""
        return self.filter(Q(draining_at=None) | Q(last_seen_on__gt=silent_since))


class EdgeManager(models.Manager["Edge"]):
    """Edges that were not removed."""

    def get_queryset(self) -> EdgeQuerySet:
        return EdgeQuerySet(self.model, using=self._db).filter(removed_at=None)

    def running(self, worker_name: str) -> EdgeQuerySet:
        return self.get_queryset().running(worker_name)

    def expected(self, silent_since: datetime) -> EdgeQuerySet:
        return self.get_queryset().expected(silent_since)


class Edge(models.Model):
    """A machine's data plane. `status` is its last report. `Edge.objects` has no removed edges.

    `applied_revision` is the newest revision that it runs completely. It also runs
    `desired_revision`, except for the Workers in `lagging`: name → the error ("" while it is still
    switching) and the deployment that still answers there, with its revision. Use `has` instead of
    the fields.
    """

    name = models.CharField(max_length=63)
    #: The newest token, as releases before `EdgeToken` read it.
    token_sha256 = models.CharField(max_length=64, unique=True)
    #: Decides which Workers it runs (`Worker.groups`).
    group = models.CharField(max_length=63, default=DEFAULT_GROUP, db_default=DEFAULT_GROUP)
    #: X25519, in base64: the key its secrets are sealed to. "" until its agent has announced one.
    public_key = models.CharField(max_length=64, default="", db_default="", blank=True)
    #: The subject of its client certificate, fixed at the first use; "" without one.
    certificate_name = models.CharField(max_length=255, default="", db_default="", blank=True)
    #: An agent with an older snapshot gets a whole one: its group changed at this revision.
    whole_since = models.PositiveBigIntegerField(default=0, db_default=0)
    #: It serves, but asks its balancer for no new requests.
    draining_at = models.DateTimeField(null=True)
    #: Its tokens are refused. The row stays for its requests and counts.
    removed_at = models.DateTimeField(null=True)
    #: Its agent should get a new token now.
    renew_requested_at = models.DateTimeField(null=True)
    agent_version = models.CharField(max_length=32, default="", db_default="", blank=True)
    #: How far its clock is ahead, in milliseconds; None until it was measured.
    clock_offset_ms = models.BigIntegerField(null=True)
    #: Whether its token travels unencrypted between machines.
    plain_http = models.BooleanField(default=False, db_default=False)
    #: Agents that reported lately: instance → host, address, first and last report.
    agents = models.JSONField(default=dict, db_default={})
    created_on = models.DateTimeField()
    last_seen_on = models.DateTimeField(null=True)
    applied_revision = models.PositiveBigIntegerField(default=0)
    desired_revision = models.PositiveBigIntegerField(default=0, db_default=0)
    lagging = models.JSONField(default=dict, db_default={})
    #: Start of its unbroken reports, or its last start.
    up_at = models.DateTimeField(null=True)
    proof_url = models.CharField(max_length=255, blank=True)
    #: `routing.loopback.loopback_id` of its machine; "" from agents of earlier releases.
    loopback = models.CharField(max_length=32, default="", db_default="", blank=True)
    #: Whether it takes requests from its socket (`routing.relayed_request`).
    relays = models.BooleanField(default=False, db_default=False)
    #: Whether it delivers cron and queue events (`routing.event_delivery`).
    delivers_events = models.BooleanField(default=False, db_default=False)
    #: Log lines that were never counted, and the last time that some were missed.
    lost_lines = models.PositiveBigIntegerField(default=0, db_default=0)
    lost_at = models.DateTimeField(null=True)
    #: Why it cannot write to its disk (`routing.disk.DiskState`); "" if it can.
    disk = models.CharField(max_length=16, default="", db_default="", blank=True)
    #: The last unexpected end of its Envoy: a `routing.agent.state.state.EndKind`, and when.
    envoy_end = models.CharField(max_length=16, default="", db_default="", blank=True)
    envoy_ended_at = models.DateTimeField(null=True)
    status = models.JSONField(default=dict)

    objects = EdgeManager()
    with_removed = models.Manager["Edge"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at=None), name="edge_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reported_name(self) -> str:
        """The name in its proof headers: the earlier one until its agent starts again."""
        return str(self.status.get("agent", {}).get("name") or self.name)

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


class EdgeTokenQuerySet(models.QuerySet["EdgeToken"]):
    def in_use(self, now: datetime) -> EdgeTokenQuerySet:
        """Neither revoked nor expired, of edges that were not removed."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, edge__removed_at=None
        )

    def newest_first(self) -> EdgeTokenQuerySet:
        return self.order_by(F("created_at").desc(), "-pk")


class EdgeToken(models.Model):
    """A secret that an agent signs in with, stored as a hash. An edge has two while one replaces
    the other."""

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    #: At most a minute old.
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = EdgeTokenQuerySet.as_manager()


class JoinTokenQuerySet(models.QuerySet["JoinToken"]):
    def waiting(self, now: datetime) -> JoinTokenQuerySet:
        """Tokens that an agent can still join with."""
        return self.filter(joined_at=None, revoked_at=None, expires_at__gt=now)


class JoinToken(models.Model):
    """A one-time token that an agent exchanges for its own credentials.

    `edge` is the edge that joined, or the existing one whose agent joins again. `credential_sha256`
    is the token that the agent made for itself: a repeated join with the same one succeeds.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=63)
    group = models.CharField(max_length=63, default=DEFAULT_GROUP)
    edge = models.ForeignKey(Edge, null=True, on_delete=models.CASCADE, related_name="joins")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    credential_sha256 = models.CharField(max_length=64, blank=True)

    objects = JoinTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]


class GroupExit(models.Model):
    """A Worker that a group's edges have to drop: it was deleted, or now runs elsewhere only."""

    group = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    revision = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="group_exit_once")]
        indexes = [models.Index(fields=["group", "revision"])]
