"""Events, inbox items, deliveries, webhooks and preferences."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from dashboard.notifications import messages


class OutboxEvent(models.Model):
    """An event, saved in the transaction of its cause. `people`: ids of the people that it names;
    `link`: a path of the dashboard. `fanned_out_at`: when its items and deliveries were made."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40)
    worker = models.CharField(max_length=100, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    actor_id = models.BigIntegerField(null=True)
    people = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    link = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(db_index=True)
    fanned_out_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=Q(fanned_out_at=None), name="outbox_not_fanned_out"
            )
        ]

    @property
    def title(self) -> str:
        return messages.title(self.code, self.worker, self.actor, self.facts)

    @property
    def detail(self) -> str:
        return messages.detail(self.facts)


class InboxItem(models.Model):
    """One event in one person's inbox."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="items")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox"
    )
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "person"], name="inbox_item_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="inbox_newest_first"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="inbox_unread"),
        ]


class Webhook(models.Model):
    """A URL that events are posted to. URL and secret are encrypted; only `host` is visible.
    `worker` and `events` limit the events."""

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack-compatible"
        SIGNED = "signed", "Signed JSON"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    sealed_url = models.TextField()
    sealed_secret = models.TextField(blank=True)
    host = models.CharField(max_length=300)
    worker = models.CharField(max_length=100, blank=True)
    events = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def takes(self, event: OutboxEvent) -> bool:
        """Whether the webhook gets this event."""
        matches = not self.events or event.code in self.events
        return matches and (not self.worker or self.worker == event.worker)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """Due and not claimed by a process."""
        free = Q(claimed_until=None) | Q(claimed_until__lt=now)
        return self.filter(free, state=Delivery.State.WAITING, due_at__lte=now)


class Delivery(models.Model):
    """One message to one e-mail address or webhook. `key` is its id for the receiver, equal for
    repeated messages."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    webhook = models.ForeignKey(
        Webhook, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"], condition=Q(webhook=None), name="one_mail_each"
            ),
            models.UniqueConstraint(
                fields=["event", "webhook"],
                condition=~Q(webhook=None),
                name="one_post_each",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="delivery_waiting")
        ]


class Preference(models.Model):
    """`channels`: differences from the defaults, event code → ["inbox", "email"]."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preference"
    )
    channels = models.JSONField(default=dict)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    zone = models.CharField(max_length=64, default="UTC")
    urgent_anyway = models.BooleanField(default=True)


class Follow(models.Model):
    """Events of one Worker that a person gets. Without a row: those that name them."""

    class Level(models.TextChoices):
        ALL = "all", "Everything"
        NONE = "none", "Only what names me"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows"
    )
    worker = models.CharField(max_length=100, db_index=True)
    level = models.CharField(max_length=10, choices=Level)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "worker"], name="follow_once")]


class EdgeState(models.Model):
    """The last announced state of an edge, so that it is announced once."""

    edge = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=16)
    since = models.DateTimeField()


class DigestWeek(models.Model):
    """The digest of this week (`2026-W48`) was sent."""

    week = models.CharField(max_length=8, unique=True)
    sent_at = models.DateTimeField()
