"""The rows: Workers, their immutable versions and deployments, the edges that serve them.

Versions and deployments are written once and never again; `Immutable` enforces it for every
path through the ORM, and the database's own triggers (migration 0002) for every other.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from routing.draft import Part
from routing.rules.split import TOTAL, Share as RuleShare, percentage

DEPLOYABLE = 100
"""Only this many most recent versions of a Worker can be deployed (spec, Deployments)."""


class Immutable(models.Model):
    """A row that is written once. Changing or deleting it through the ORM raises."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError(f"{self._meta.verbose_name} {self.pk} is immutable.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise ValidationError(f"{self._meta.verbose_name} {self.pk} cannot be deleted.")


class DesiredState(models.Model):
    """One row: the revision counter of what the edges should run."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_desired_state")]


class Worker(models.Model):
    """A named program. `tag` is its immutable id on the wire, `settings` what is not versioned."""

    name = models.CharField(max_length=63, unique=True)
    tag = models.CharField(max_length=32, unique=True, editable=False)
    created_on = models.DateTimeField()
    changed_revision = models.PositiveBigIntegerField(default=0, db_index=True)
    subdomain_enabled = models.BooleanField(default=True)
    previews_enabled = models.BooleanField(default=True)
    last_deployed_from = models.CharField(max_length=32, default="wrangler")
    settings = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RemovedWorker(models.Model):
    """Remembers a deleted Worker's name so that an edge with an older revision drops it too."""

    name = models.CharField(max_length=63, unique=True)
    revision = models.PositiveBigIntegerField(db_index=True)


class Module(Immutable):
    """Module content, stored once for all versions that share it. `sha256` is hex."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    size = models.PositiveIntegerField()


ALIAS = "workers/alias"
"""The annotation with a version's alias, kept under the name that clients send it by."""


class VersionQuerySet(models.QuerySet["Version"]):
    def newest_first(self) -> VersionQuerySet:
        return self.order_by("-number")

    def deployable(self) -> VersionQuerySet:
        """The most recent `DEPLOYABLE` versions of the one Worker this query is about."""
        return self.newest_first()[:DEPLOYABLE]

    def with_alias(self, alias: str) -> VersionQuerySet:
        """Those uploaded with this alias; the newest one has it."""
        return self.filter(**{f"annotations__{ALIAS}": alias})

    def latest_of_each(self) -> VersionQuerySet:
        """The newest version of each Worker in this query."""
        newest = (
            Version.objects.filter(worker=models.OuterRef("worker"))
            .order_by("-number")
            .values("number")[:1]
        )
        return self.filter(number=models.Subquery(newest))


class Version(Immutable):
    """An immutable upload of a Worker. Secret bindings are sealed inside `bindings`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    tag = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    author_email = models.CharField(max_length=254, blank=True)
    source = models.CharField(max_length=32)
    triggered_by = models.CharField(max_length=32)
    created_on = models.DateTimeField()
    main_module = models.CharField(max_length=1024, blank=True)
    body_part = models.CharField(max_length=1024, blank=True)
    compatibility_date = models.CharField(max_length=10)
    compatibility_flags = models.JSONField(default=list)
    bindings = models.JSONField(default=list)
    exports = models.JSONField(default=list)
    annotations = models.JSONField(default=dict)
    runtime = models.JSONField(default=dict)
    startup_time_ms = models.PositiveIntegerField(default=0)
    etag = models.CharField(max_length=64)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "number"], name="version_number_once")
        ]
        indexes = [models.Index(fields=["worker", "-number"])]

    @property
    def short_id(self) -> str:
        return str(self.id)[:8]

    @property
    def alias(self) -> str:
        """The alias it was uploaded with, which a newer version may have taken over; or ""."""
        return str(self.annotations.get(ALIAS, ""))


class VersionModule(Immutable):
    """A module under the name and content type this version uploaded it with."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="modules")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=1024)
    content_type = models.CharField(max_length=100)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="module_name_once")]

    def as_part(self) -> Part:
        """The uploaded file, content included (select `module` along with it)."""
        return Part(self.name, self.content_type, bytes(self.module.content))


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def newest_first(self) -> DeploymentQuerySet:
        return self.order_by("-number")

    def active(self) -> DeploymentQuerySet:
        """The newest deployment of each Worker in this query."""
        newest = (
            Deployment.objects.filter(worker=models.OuterRef("worker"))
            .order_by("-number")
            .values("number")[:1]
        )
        return self.filter(number=models.Subquery(newest))

    def with_shares(self) -> DeploymentQuerySet:
        """With shares, versions and author, in a constant number of queries."""
        return self.select_related("worker", "author").prefetch_related("shares__version__author")


class Deployment(Immutable):
    """An immutable split of one Worker's traffic. `revision` is the desired state it made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="deployments")
    number = models.PositiveIntegerField()
    revision = models.PositiveBigIntegerField(db_index=True)
    created_on = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    author_email = models.CharField(max_length=254, blank=True)
    source = models.CharField(max_length=32)
    triggered_by = models.CharField(max_length=32)
    message = models.CharField(max_length=1000, blank=True)
    is_rollback = models.BooleanField(default=False)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "number"], name="deployment_number_once")
        ]
        indexes = [models.Index(fields=["worker", "-number"])]

    @property
    def short_id(self) -> str:
        return str(self.id)[:8]

    def rule_shares(self) -> tuple[RuleShare, ...]:
        """Shares in affinity order (newest version first), as `routing.rules` takes them."""
        newest_first = sorted(self.shares.all(), key=lambda s: -s.version.number)
        return tuple(RuleShare(str(s.version_id), s.weight) for s in newest_first)


class Share(Immutable):
    """One version's part in a deployment; `weight` in units of 0.001 %."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="shares")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="shares")
    position = models.PositiveSmallIntegerField()
    weight = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "version"], name="share_version_once"),
            models.UniqueConstraint(fields=["deployment", "position"], name="share_position_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=TOTAL), name="share_weight_in_range"
            ),
        ]

    @property
    def percentage(self) -> float:
        return percentage(self.weight)


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


class InvocationQuerySet(models.QuerySet["Invocation"]):
    def newest_first(self) -> InvocationQuerySet:
        return self.order_by(F("started_on").desc(), "-id")


class Invocation(models.Model):
    """One request answered by one version at one edge, as the edge's access log told it.

    Ids, not foreign keys: the log is the edge's word and outlives a deleted Worker.
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

    objects = InvocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edge", "request_id"], name="invocation_once")
        ]
        indexes = [models.Index(fields=["worker", "-started_on"])]


class InvocationDetail(models.Model):
    """What a Worker said while it answered: console lines, exceptions, its outcome; and RPC calls,
    which no access log knows.

    Tied to its invocation by ray and version. A Worker that calls another one twice with the same
    ray has two details of that version, told apart by their time only.
    """

    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="details")
    detail_id = models.CharField(max_length=64)
    ray = models.CharField(max_length=32, blank=True, db_index=True)
    worker = models.CharField(max_length=63)
    version_id = models.CharField(max_length=36)
    entrypoint = models.CharField(max_length=255, blank=True)
    rpc_method = models.CharField(max_length=255, blank=True)
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


class AuditEntry(Immutable):
    """Who changed what, from where (spec, People). `before` and `after` never hold secrets."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=100, db_index=True)
    source = models.CharField(max_length=32)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
