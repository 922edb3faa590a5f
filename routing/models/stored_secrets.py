"""Secrets of secrets stores. A store is a `StateNamespace` of the kind `secrets`."""

from __future__ import annotations

from django.db import models

from routing.models.namespaces import StateNamespace

KIND = "secrets"


class StoredSecret(models.Model):
    """A secret that several Workers may be bound to. `sealed` is its encrypted value, `scopes` are
    those of Cloudflare."""

    id = models.CharField(max_length=32, primary_key=True)
    store = models.ForeignKey(StateNamespace, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=255)
    comment = models.CharField(max_length=1024, blank=True, default="")
    scopes = models.JSONField(default=list)
    sealed = models.TextField()
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="stored_secret_name_once")
        ]
