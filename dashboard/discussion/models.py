"""Threads and comments about a Worker. Usernames are stored as text and outlive their accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from routing.models import Worker


class Thread(models.Model):
    """`deployment_id` and `rollout_id`: active and running when the thread began. `seen`: the
    pinned content at that time."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="threads")
    kind = models.CharField(max_length=16)
    place = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=500, blank=True)
    seen = models.TextField(blank=True)
    deployment_id = models.CharField(max_length=36, blank=True)
    rollout_id = models.UUIDField(null=True, db_index=True)
    username = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    active_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [models.Index(fields=["worker", "-active_at"])]


class Comment(models.Model):
    """A deleted comment stays as an empty row."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    username = models.CharField(max_length=150)
    text = models.TextField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["pk"]


class EarlierText(models.Model):
    """A comment's text until `replaced_at`."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="earlier")
    text = models.TextField()
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]


class HandOver(models.Model):
    """A hand-over note. At most one per Worker is open, until it is taken over or replaced."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="hand_overs")
    from_username = models.CharField(max_length=150)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    watch = models.TextField(blank=True)
    then = models.TextField(blank=True)
    rollout_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    taken = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker"], condition=Q(ended_at=None), name="one_open_hand_over"
            )
        ]


class Attention(models.Model):
    """A Worker needs attention. At most one per Worker is open."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="attention")
    reason = models.CharField(max_length=500)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    username = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker"], condition=Q(ended_at=None), name="one_open_attention"
            )
        ]


class Look(models.Model):
    """A person marked an active deployment as looked at."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="looks")
    deployment_id = models.CharField(max_length=36)
    username = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "deployment_id", "username"], name="looked_once"
            )
        ]
