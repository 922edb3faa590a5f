"""Workers, and the immutable versions that were uploaded of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from django.conf import settings
from django.db import models
from django.db.models import Q

from routing import object_storage
from routing.models.immutable import Immutable
from routing.models.staged_objects import StagedObject
from routing.snapshot import AssetsSpec, ObjectClass
from routing.upload_draft import Part

DEPLOYABLE = 100
"""Number of a Worker's recent versions that can be deployed; `deployable` adds those in use."""


RUNS_EVERYWHERE = Q(group_names="")


def runs_in(group: str) -> Q:
    """Workers that run everywhere, or in this group of edges."""
    return RUNS_EVERYWHERE | Q(group_names__contains=f" {group} ")


class Worker(models.Model):
    """A named program. `tag` is its id in the API, `settings` are those that are not versioned.

    With `overrides_protected` an override needs a signed permission. `migration_tag` is that of the
    last migration of its Durable Objects.
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
    #: The groups of edges that it runs in, each name between spaces; "" for all. See `groups`.
    group_names = models.CharField(max_length=1024, default="", db_default="", blank=True)
    migration_tag = models.CharField(max_length=255, default="", db_default="", blank=True)
    #: The edge that has its Durable Objects (`control.objects.home`).
    objects_edge = models.ForeignKey(
        "routing.Edge", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of edges that it runs in, sorted; empty for all."""
        return tuple(self.group_names.split())

    @groups.setter
    def groups(self, names: Iterable[str]) -> None:
        self.group_names = "".join(f" {name}" for name in sorted(set(names))) + " "
        self.group_names = self.group_names if self.group_names.strip() else ""

    def runs_in(self, group: str) -> bool:
        return not self.group_names or group in self.groups


class RemovedWorker(models.Model):
    """A deleted Worker's name, so that edges with an older revision drop it. If it did not run
    `everywhere`, only the edges of its groups are told (`GroupExit`)."""

    name = models.CharField(max_length=63, unique=True)
    revision = models.PositiveBigIntegerField(db_index=True)
    everywhere = models.BooleanField(default=True, db_default=True)


class Module(Immutable):
    """Module content, stored once for all versions that share it. `sha256` is hex."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    #: Empty if it is in the bucket of SLUICE_S3_URL. Use `read`.
    content = models.BinaryField()
    size = models.PositiveIntegerField()

    @staticmethod
    def stage(contents: Mapping[str, bytes], now: datetime) -> None:
        """Writes contents by SHA-256 to the bucket, if there is one. Call it before the transaction
        that stores them. Raises `StorageFailed`."""
        if object_storage.is_configured():
            missing = {_object(key): content for key, content in _missing(contents).items()}
            StagedObject.objects.put(missing, now)

    @staticmethod
    def store(contents: Mapping[str, bytes]) -> None:
        """Stores contents by SHA-256, those that are missing; `stage` them first."""
        in_bucket = object_storage.is_configured()
        rows = [
            Module(sha256=sha256, content=b"" if in_bucket else content, size=len(content))
            for sha256, content in _missing(contents).items()
        ]
        Module.objects.bulk_create(rows, ignore_conflicts=True)
        if in_bucket:
            StagedObject.objects.settle(map(_object, contents))

    def read(self) -> bytes:
        """Raises `StorageFailed`."""
        if self.size and not self.content:
            return object_storage.get(_object(self.sha256))
        return bytes(self.content)


def _object(sha256: str) -> str:
    return f"modules/{sha256}"


def _missing(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    present = set(Module.objects.filter(pk__in=contents).values_list("pk", flat=True))
    return {key: content for key, content in contents.items() if key not in present}


ALIAS = "workers/alias"
"""The annotation with a version's alias, named as in Cloudflare's API."""


class VersionQuerySet(models.QuerySet["Version"]):
    def newest_first(self) -> VersionQuerySet:
        return self.order_by("-number")

    def with_alias(self, alias: str) -> VersionQuerySet:
        """Versions uploaded with this alias. It belongs to the newest one."""
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
    """An immutable upload of a Worker. Secret values in `bindings` are encrypted. `assets` are its
    static assets (`snapshot.AssetsSpec`), None without any; `asset_set` is their manifest.
    `object_classes` are the classes of Durable Objects that it implements
    (`snapshot.ObjectClass`), as of its upload; `migration_tag` is the Worker's then."""

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
    assets = models.JSONField(null=True)
    # Nullable, as a column with a default would make SQLite copy the table, without its trigger.
    asset_set = models.CharField(max_length=64, null=True, db_index=True)  # noqa: DJ001
    migration_tag = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    object_classes = models.JSONField(null=True)
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
    def assets_spec(self) -> AssetsSpec | None:
        return msgspec.convert(self.assets, AssetsSpec) if self.assets else None

    @property
    def is_before_migration(self) -> bool:
        """Whether a migration of the Worker's Durable Objects came later: then it cannot be
        deployed. Use `select_related("worker")`."""
        return (self.migration_tag or "") != self.worker.migration_tag

    @property
    def object_specs(self) -> tuple[ObjectClass, ...]:
        return tuple(msgspec.convert(row, ObjectClass) for row in self.object_classes or ())

    @property
    def alias(self) -> str:
        """The alias of the upload, or "". A newer version may have it now."""
        return str(self.annotations.get(ALIAS, ""))


class VersionModule(Immutable):
    """A module of a version, with its name and content type."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="modules")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=1024)
    content_type = models.CharField(max_length=100)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="module_name_once")]

    def as_part(self) -> Part:
        """The uploaded file with its content. Use `select_related("module")`."""
        return Part(self.name, self.content_type, self.module.read())


class ServiceBinding(Immutable):
    """A version may call the Worker `service`, by the binding `name`.

    Duplicates `Version.bindings`, to query by the called Worker. A name instead of a foreign key,
    because the called Worker may be deleted and recreated.
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
        """Unsaved rows for `version.bindings`."""
        return [
            cls(version=version, name=row["name"], service=row["service"])
            for row in version.bindings
            if row["type"] == "service"
        ]
