"""Addresses of Workers beside their own host name: zones, routes and custom domains."""

from __future__ import annotations

import uuid

from django.db import models

from routing.models.versions import Worker


def new_id() -> str:
    """32 hex digits, as Cloudflare's ids."""
    return uuid.uuid4().hex


class Zone(models.Model):
    """A domain whose host names Workers may use. SLUICE_ZONES has others."""

    name = models.CharField(max_length=253, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WorkerRoute(models.Model):
    """URLs that match `pattern` (`rules.addresses`) lead to the Worker. Without a Worker they lead
    to none, whatever less specific patterns say."""

    id = models.CharField(max_length=32, primary_key=True, default=new_id, editable=False)
    zone = models.CharField(max_length=253, db_index=True)
    pattern = models.CharField(max_length=1024, unique=True)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, null=True, related_name="routes")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern


class CustomDomain(models.Model):
    """All URLs of a host name lead to the Worker, except those of its routes."""

    id = models.CharField(max_length=32, primary_key=True, default=new_id, editable=False)
    zone = models.CharField(max_length=253, db_index=True)
    hostname = models.CharField(max_length=253, unique=True)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="domains")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["hostname"]

    def __str__(self) -> str:
        return self.hostname
