"""Deployments: immutable splits of a Worker's traffic between its versions."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from routing.models.immutable import Immutable
from routing.models.versions import Version, Worker
from routing.rules.split import TOTAL, VersionWeight, percentage


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def newest_first(self) -> DeploymentQuerySet:
        return self.order_by("-number")

    def active(self, workers: models.QuerySet[Worker] | None = None) -> DeploymentQuerySet:
        """The newest deployment of each of `workers` (all when None). A subquery per Worker takes
        one step in the index, instead of one per deployment in history."""
        newest = Deployment.objects.filter(worker=models.OuterRef("pk")).newest_first()
        rows = (Worker.objects.all() if workers is None else workers).order_by()
        ids = rows.annotate(active_id=models.Subquery(newest.values("pk")[:1]))
        return self.filter(pk__in=ids.values("active_id"))

    def with_shares(self) -> DeploymentQuerySet:
        """With shares, versions and author, in a constant number of queries."""
        # A join, because prefetching a second level takes a term per version.
        shares = Share.objects.select_related("version__author")
        return self.select_related("worker", "author").prefetch_related(
            models.Prefetch("shares", shares)
        )


class Deployment(Immutable):
    """An immutable split of one Worker's traffic. `revision` is that of the desired state it began.
    `counts` is a `snapshot.CountSpec` if a rollout made it."""

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
    counts = models.JSONField(null=True)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "number"], name="deployment_number_once")
        ]
        indexes = [models.Index(fields=["worker", "-number"])]

    @property
    def short_id(self) -> str:
        return str(self.id)[:8]

    def rule_shares(self) -> tuple[VersionWeight, ...]:
        """Shares for `routing.rules`, in affinity order: newest version first."""
        newest_first = sorted(self.shares.all(), key=lambda s: -s.version.number)
        return tuple(VersionWeight(str(s.version_id), s.weight) for s in newest_first)


class Share(Immutable):
    """One version's part of a deployment. `weight` is in units of 0.001%."""

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
