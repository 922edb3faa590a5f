"""Connected accounts, the Workers that are followed, and the budget of calls."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from dashboard.cloud.client.budget import Budget


class CloudAccount(models.Model):
    """A Cloudflare account (or another Sluice) with the token Sluice uses there.

    `token_hint` is the token's first and last four characters. `checklist` has what the token could
    do at `checked_at`. `problem` says why nothing works, and is empty while it does.
    """

    class TokenKind(models.TextChoices):
        USER = "user", "a person’s"
        ACCOUNT = "account", "the account’s"

    class Problem(models.TextChoices):
        NONE = "", "works"
        REVOKED = "revoked", "revoked or deleted"
        EXPIRED = "expired", "expired"
        KEY_LOST = "key_lost", "sealed with another key"

    slug = models.SlugField(max_length=40, unique=True)
    base_url = models.URLField(max_length=300)
    account_id = models.CharField(max_length=64)
    account_name = models.CharField(max_length=200, blank=True)
    encrypted_token = models.TextField()
    token_hint = models.CharField(max_length=16)
    token_kind = models.CharField(max_length=8, choices=TokenKind)
    token_expires_at = models.DateTimeField(null=True)
    checklist = models.JSONField(default=dict)
    checked_at = models.DateTimeField()
    problem = models.CharField(max_length=10, choices=Problem, blank=True)
    problem_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["base_url", "account_id"], name="cloud_account_once")
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def audit_subject(self) -> str:
        return f"cloudflare account {self.slug}"


class FollowedWorker(models.Model):
    """A Worker of an account that Sluice reads. `address` is empty until a person confirmed it.

    `access_client_id` and the sealed secret are a service token of Cloudflare Access, which lets
    requests from here through to that address; empty without one.
    """

    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="workers")
    name = models.CharField(max_length=255)
    address = models.CharField(max_length=300, blank=True)
    address_confirmed_by = models.CharField(max_length=150, blank=True)
    address_confirmed_at = models.DateTimeField(null=True)
    access_client_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    encrypted_access_secret = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="cloud_worker_once")
        ]


class CallBudget(models.Model):
    """Calls of one token, by a fingerprint and the kind of calls. Times are seconds since 1970."""

    key = models.CharField(max_length=60, unique=True)
    revision = models.PositiveBigIntegerField(default=0)
    calls = models.JSONField(default=dict)
    paused_until = models.FloatField(default=0)
    left = models.PositiveIntegerField(null=True)
    limit = models.PositiveIntegerField(null=True)
    left_at = models.FloatField(default=0)

    def value(self) -> Budget:
        calls = {int(at): int(n) for at, n in self.calls.items()}
        return Budget(calls, self.paused_until, self.left, self.limit, self.left_at)

    @staticmethod
    def columns(budget: Budget) -> dict[str, Any]:
        """The fields that hold `budget`."""
        return {
            "calls": {str(at): n for at, n in budget.calls.items()},
            "paused_until": budget.paused_until,
            "left": budget.left,
            "limit": budget.limit,
            "left_at": budget.left_at,
        }


class CloudChange(models.Model):
    """A deployment that Sluice made at Cloudflare, and what became of it.

    `before_id` was live when it was made, `shares` are (version id, percentage) pairs. `others` are
    deployments that other clients made meanwhile. `acknowledged_at`: a person has seen it.
    """

    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="changes")
    worker = models.CharField(max_length=255)
    marker = models.CharField(max_length=12)
    before_id = models.CharField(max_length=40, blank=True)
    shares = models.JSONField(default=list)
    message = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=10)
    others = models.JSONField(default=list)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["account", "worker", "-made_at"])]


class CloudTail(models.Model):
    """A tail of a Worker, wanted until `watched_until`. The background work opens it.

    Scope `PROBES`: requests with our nonce only. `opened_at`: open without a break since then.
    `events`: received since. `sampled_at`, `sampling_ended_at`: the last time it dropped events.
    `doubted_at`: it missed a request that it should have seen. `claim` is of the process that has
    it, until `claimed_until`.
    """

    class Scope(models.TextChoices):
        PROBES = "probes", "requests from here"
        ALL = "all", "all requests"

    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="tails")
    worker = models.CharField(max_length=255)
    scope = models.CharField(max_length=6, choices=Scope, default=Scope.PROBES)
    watched_until = models.DateTimeField()
    state = models.CharField(max_length=8, default="off")
    problem = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField(null=True)
    events = models.PositiveBigIntegerField(default=0)
    last_event_at = models.DateTimeField(null=True)
    sampled_at = models.DateTimeField(null=True)
    sampling_ended_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=40, blank=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "worker", "scope"], name="cloud_tail_once")
        ]


class CloudTailEvent(models.Model):
    """An invocation by a tail. `at` is Cloudflare's time, `received_at` ours. `detail` has method,
    URL, console lines and exceptions."""

    tail = models.ForeignKey(CloudTail, on_delete=models.CASCADE, related_name="received")
    nonce = models.CharField(max_length=64, blank=True)
    ray = models.CharField(max_length=32, blank=True)
    worker = models.CharField(max_length=255)
    version_id = models.CharField(max_length=64, blank=True)
    tag = models.CharField(max_length=100, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    status = models.PositiveIntegerField(null=True)
    cpu_ms = models.FloatField(null=True)
    wall_ms = models.FloatField(null=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["nonce"], name="cloud_event_nonce"),
            models.Index(fields=["tail", "received_at"], name="cloud_event_received"),
        ]


class Verification(models.Model):
    """Probes that confirm the deployment with `marker`. `probes` are the newest ones, oldest first:
    {at, asked, version, right, rank, why, place}. `right` of them in a row were right at the end.

    `decisive`: probes can tell this deployment from the one before; a change of percentages alone
    they cannot.
    """

    account = models.ForeignKey(
        CloudAccount, on_delete=models.CASCADE, related_name="verifications"
    )
    worker = models.CharField(max_length=255)
    marker = models.CharField(max_length=12)
    state = models.CharField(max_length=12, default="probing")
    why = models.CharField(max_length=16, blank=True)
    host = models.CharField(max_length=300, blank=True)
    decisive = models.BooleanField(default=True)
    removes = models.BooleanField(default=False)
    right = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    probes = models.JSONField(default=list)
    places = models.JSONField(default=list)
    began_by = models.CharField(max_length=150, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=40, blank=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "worker", "marker"], name="cloud_verification_once"
            )
        ]

    @property
    def is_live(self) -> bool:
        return self.state == "live"

    @property
    def is_running(self) -> bool:
        return self.state == "probing"
