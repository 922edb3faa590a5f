"""Workers, and the immutable versions that were uploaded of them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from routing.models.immutable import Immutable
from routing.upload_draft import Part

DEPLOYABLE = 100
"""So many of a Worker's most recent versions can be deployed; `deployable` adds those in use."""


class Worker(models.Model):
    """A named program. `tag` is its immutable id on the wire, `settings` what is not versioned.

    With `overrides_protected` an override counts only with a signed permission.
    """

    name = models.CharField(max_length=63, unique=True)
    tag = models.CharField(max_length=32, unique=True, editable=False)
    created_on = models.DateTimeField()
    changed_revision = models.PositiveBigIntegerField(default=0, db_index=True)
    subdomain_enabled = models.BooleanField(default=True)
    previews_enabled = models.BooleanField(default=True)
    overrides_protected = models.BooleanField(default=False, db_default=False)
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


class ServiceBinding(Immutable):
    """A version may call the Worker `service`, by the binding `name`.

    The same stands in `Version.bindings`; this is how it is found from the called Worker's side.
    A name, not a foreign key: the called Worker may be deleted and made again.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="service_bindings")
    name = models.TextField()
    service = models.TextField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="service_binding_once")
        ]

    @classmethod
    def rows_of(cls, version: Version) -> list[ServiceBinding]:
        """What `version.bindings` says, as rows that are not saved yet."""
        return [
            cls(version=version, name=row["name"], service=row["service"])
            for row in version.bindings
            if row["type"] == "service"
        ]
