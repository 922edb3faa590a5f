"""Write-once rows, and entries of the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


class Immutable(models.Model):
    """A write-once row. Changing or deleting it through the ORM raises."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError(f"{self._meta.verbose_name} {self.pk} is immutable.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise ValidationError(f"{self._meta.verbose_name} {self.pk} cannot be deleted.")


class AuditEntry(Immutable):
    """Who changed what, from where (spec, People). `before` and `after` never include secrets.

    `request_id` is shared by all changes of one click, command or decision. `token` is the name of
    the API token, `address` the client's. All are text, to outlive the person and the token."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=100, db_index=True)
    source = models.CharField(max_length=32)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.CharField(max_length=36, blank=True, default="", db_default="")
    token = models.CharField(max_length=100, blank=True, default="", db_default="")
    address = models.CharField(max_length=45, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["request_id"], name="audit_entry_request")]
