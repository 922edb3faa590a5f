"""Who may override a protected Worker: the keys that sign permissions, and the links people share.

A permission itself is stored nowhere. A link's row says who may what, until when; its token can be
checked by any edge without asking (`routing.rules.permissions.token`).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models

from routing.models.versions import Version, Worker


class OverrideKey(models.Model):
    """A key of one Worker's. Only the newest signs; a retired one goes on being checked while a
    link that it signed may live. The private half is encrypted, the public one in base64."""

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
        """Those that open something at `now`."""
        return self.unexpired(now).filter(revoked_at=None)

    def unexpired(self, now: datetime) -> OverrideLinkQuerySet:
        """Those whose token is good, or would be had it not been revoked."""
        return self.filter(expires_at__gt=now)


class OverrideLink(models.Model):
    """A permission that a person shared. `host` is the only host name that it counts at."""

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
