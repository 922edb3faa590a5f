"""SQL files that wait to be imported into a D1 database."""

from __future__ import annotations

from django.db import models

from routing.models.namespaces import StateNamespace


class D1Upload(models.Model):
    """An uploaded file. `etag` is its MD5 in hex. Deleted when it is imported, or an hour old."""

    database = models.ForeignKey(StateNamespace, on_delete=models.CASCADE, related_name="+")
    etag = models.CharField(max_length=32)
    content = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["database", "etag"], name="d1_upload_once")]
