"""Protected overrides: the keys that sign permissions, and shared links.

Permissions are not stored. Any edge can check the token of a link by itself
(`routing.rules.permissions.token`).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models

from routing.models.versions import Version, Worker


class OverrideKey(models.Model):
    """A signing key of one Worker. Only the newest signs; retired ones stay valid as long as links
    that they signed. The private key is encrypted, the public key is base64."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="override_keys")
    key_id = models.CharField(max_length=16, unique=True)
    public = models.CharField(max_length=44)
    encrypted_private = models.TextField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker"],
                condition=models.Q(retired_at=None),
                name="override_key_signs_once",
            )
        ]


class OverrideLinkQuerySet(models.QuerySet["OverrideLink"]):
    def live(self, now: datetime) -> OverrideLinkQuerySet:
        """Links that work at `now`."""
        return self.unexpired(now).filter(revoked_at=None)

    def unexpired(self, now: datetime) -> OverrideLinkQuerySet:
        """Links that have not expired, revoked ones included."""
        return self.filter(expires_at__gt=now)


class OverrideLink(models.Model):
    """A shared permission. It is valid at the host name `host` only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="override_links")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="override_links")
    host = models.CharField(max_length=253)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OverrideLinkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["worker", "expires_at"], name="override_link_live")]
