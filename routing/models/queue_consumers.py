"""Consumers of queues."""

from __future__ import annotations

from django.db import models

from routing.models.namespaces import StateNamespace
from routing.models.versions import Worker


class QueueConsumer(models.Model):
    """Takes a queue's messages: a Worker's `queue()` handler, or (without a Worker) HTTP clients.

    `key` is its id in the API. One process drives it at a time: `driver`, until `driven_until`.
    """

    key = models.CharField(max_length=32, unique=True)
    queue = models.OneToOneField(StateNamespace, on_delete=models.CASCADE, related_name="consumer")
    worker = models.ForeignKey(
        Worker, null=True, on_delete=models.CASCADE, related_name="queue_consumers"
    )
    dead_letter_queue = models.CharField(max_length=63, default="", blank=True)
    #: `dashboard.storage.queues.consumers.Settings`, as JSON.
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    driver = models.CharField(max_length=32, default="", blank=True)
    driven_until = models.DateTimeField(null=True)
