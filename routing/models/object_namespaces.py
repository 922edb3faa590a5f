"""Durable Objects: the namespace of each class, and which versions bind it."""

from __future__ import annotations

import secrets

from django.db import models

from routing.models.immutable import Immutable
from routing.models.versions import Version, Worker

BINDING = "durable_object_namespace"
"""The type of a binding, as uploads spell it."""


def new_key() -> str:
    """A namespace's id: 32 hex digits."""
    return secrets.token_hex(16)


class ObjectNamespace(models.Model):
    """The objects of one class of a Worker. Migrations create, rename, transfer and delete it.

    `sqlite` is false for a class of `new_classes`, whose objects have a key-value storage only.
    """

    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="object_namespaces")
    class_name = models.CharField(max_length=255)
    sqlite = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["worker__name", "class_name"]
        constraints = [
            models.UniqueConstraint(fields=["worker", "class_name"], name="object_class_once")
        ]

    def __str__(self) -> str:
        return self.class_name

    @property
    def full_name(self) -> str:
        """As Cloudflare names it. Use `select_related("worker")`."""
        return f"{self.worker.name}_{self.class_name}"


class DeletedObjects(models.Model):
    """A deleted namespace, so that edges delete its objects."""

    key = models.CharField(max_length=32, unique=True)
    deleted_at = models.DateTimeField()


class ObjectBinding(Immutable):
    """A version uses a namespace of Durable Objects, by the binding `name`.

    Duplicates `Version.bindings`, to query by the namespace. No foreign key, because a namespace
    may be deleted.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="object_bindings")
    name = models.TextField()
    namespace = models.CharField(max_length=32, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="object_binding_once")
        ]

    @classmethod
    def rows_of(cls, version: Version) -> list[ObjectBinding]:
        """Unsaved rows for `version.bindings`."""
        return [
            cls(version=version, name=row["name"], namespace=row["namespace_id"])
            for row in version.bindings
            if row["type"] == BINDING
        ]
