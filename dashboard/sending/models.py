"""The table of requests on their way through an edge's socket."""

from __future__ import annotations

import uuid

from django.db import models

from routing.models import Edge


class Relayed(models.Model):
    """One request for an agent's socket, which may end at another web process, and its answer.

    Both are encrypted JSON of `routing.relayed_request`. The row is deleted as soon as its answer
    was read, or it has expired.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    edge = models.ForeignKey(Edge, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    request = models.TextField()
    #: When a socket took it, and a random id of that socket.
    taken_at = models.DateTimeField(null=True)
    socket = models.CharField(max_length=32, default="", db_default="", blank=True)
    #: When that socket closed before there was an answer.
    lost_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(default="", db_default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["edge"], name="relayed_waiting", condition=models.Q(taken_at=None))
        ]
