"""Who looks at which Worker right now: rows that lapse by themselves."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from dashboard.accounts.models import Token


class Presence(models.Model):
    """A page about a Worker that is open, until `until` or a renewal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    worker = models.CharField(max_length=63, db_index=True)
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(db_index=True)


class Watch(models.Model):
    """A live log that is open, until `until` or a renewal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.CharField(max_length=63, db_index=True)
    until = models.DateTimeField(db_index=True)


class Tail(models.Model):
    """A session of `wrangler tail`. Its URL contains a secret, stored as a hash, and needs no other
    credential while the token that opened it is valid. `filters` are as the client sent them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.ForeignKey(Token, null=True, on_delete=models.CASCADE, related_name="+")
    worker = models.CharField(max_length=63, db_index=True)
    secret_sha256 = models.CharField(max_length=64)
    filters = models.JSONField(default=list)
    client_ip = models.CharField(max_length=45, blank=True)
    created_on = models.DateTimeField()
    expires_on = models.DateTimeField(db_index=True)
    watch = models.ForeignKey(Watch, null=True, on_delete=models.SET_NULL, related_name="+")
