"""A Worker's hooks, and each request that is new_delivery to one."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dashboard.rollouts.hooks.events import HookEvent, HookKind, Progress
from routing.models import Worker


class Hook(models.Model):
    """`sealed_secret` signs its requests; `timeout` is in seconds. `url` is the redacted address,
    which can be longer than the address itself; `decrypt_url` decrypts the full one."""

    EVENTS = [(event.value, event.value) for event in HookEvent if event is not HookEvent.TEST]
    KINDS = [(kind.value, kind.value) for kind in HookKind]

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="hooks")
    name = models.CharField(max_length=64)
    event = models.CharField(max_length=16, choices=EVENTS)
    kind = models.CharField(max_length=8, choices=KINDS)
    url = models.TextField()
    sealed_url = models.TextField(blank=True, default="", db_default="")
    sealed_secret = models.TextField()
    timeout = models.PositiveSmallIntegerField(default=10)
    enabled = models.BooleanField(default=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        app_label = "rollouts"
        constraints = [
            models.UniqueConstraint(fields=["worker", "name"], name="hook_name_once"),
        ]
        ordering = ["event", "name"]

    def __str__(self) -> str:
        return self.name


class HookDelivery(models.Model):
    """One request; every attempt sends the same body. `deployment_id` was live at `created_at`;
    `next_try_at` is None when there is no further attempt."""

    STATES = [(state.value, state.value) for state in Progress]

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    rollout = models.ForeignKey(
        "rollouts.Rollout", null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.CharField(max_length=16)
    step = models.SmallIntegerField(default=-1)
    deployment_id = models.CharField(max_length=36, blank=True)
    message_id = models.CharField(max_length=40, unique=True)
    body = models.TextField()
    state = models.CharField(max_length=8, choices=STATES, default=Progress.WAITING.value)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "rollouts"
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(next_try_at__isnull=False),
                name="hook_deliveries_due",
            ),
            models.Index(fields=["hook", "-created_at"], name="hook_deliveries_newest"),
        ]

    @property
    def is_gate(self) -> bool:
        """Whether its answer is a verdict."""
        return self.event != HookEvent.TEST and self.hook.kind == HookKind.GATE
