"""People, their sessions and API tokens. A token's secret is stored only as a hash."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from dashboard.accounts.attempts.models import AttemptCount

__all__ = ["RANK", "AttemptCount", "Role", "Session", "Token", "User"]


class Role(models.TextChoices):
    """What a person may do (spec, People); each role includes the ones before it."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    REVIEWER = "reviewer", "Reviewer"
    ADMIN = "admin", "Admin"


RANK = {role: rank for rank, role in enumerate(Role)}


class User(AbstractUser):
    """A person, or with `by_token_only` an account of machines such as CI, which never signs in.
    `seen_on` is the time of their last request, to the minute; `links_from` voids the password
    links made before it."""

    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    by_token_only = models.BooleanField(default=False)
    seen_on = models.DateTimeField(null=True)
    links_from = models.DateTimeField(null=True)

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="username_once")]

    def may(self, role: Role) -> bool:
        """Whether this person has `role` or a higher one."""
        return self.is_active and RANK[Role(self.role)] >= RANK[role]

    @property
    def last_seen(self) -> datetime | None:
        """The later of signing in and asking for something; None for one who never did."""
        return max(filter(None, (self.seen_on, self.last_login)), default=None)


class Session(AbstractBaseSession):
    """Django's session, which knows whose it is and in which browser, so that it can be listed and
    ended. The columns are copies of what the session's data holds (see `sessions`)."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    user_agent = models.CharField(max_length=300, blank=True, default="", db_default="")
    address = models.CharField(max_length=45, blank=True, default="", db_default="")
    signed_in_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        store: type[SessionStore] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


def lasting(now: datetime, to: str = "") -> Q:
    """Tokens that are neither revoked nor expired; `to` is the way to them, as "tokens__"."""
    unexpired = Q(**{f"{to}expires_on": None}) | Q(**{f"{to}expires_on__gt": now})
    return unexpired & Q(**{f"{to}revoked_on": None})


class TokenQuerySet(models.QuerySet["Token"]):
    def in_use(self, now: datetime) -> TokenQuerySet:
        """Those that open something at `now`: those that have not `ended`."""
        return self.filter(lasting(now), user__is_active=True)


class Token(models.Model):
    """An API token; what it may do is the lower of its scopes and its owner's role. With `workers`
    it changes these only, whatever else it may read."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        DEPLOY = "deploy", "Upload and deploy"
        ADMIN = "admin", "Delete Workers, manage log exports"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    scopes = models.JSONField(default=list)
    workers = models.JSONField(default=list)
    created_on = models.DateTimeField(auto_now_add=True)
    expires_on = models.DateTimeField(null=True)
    last_used_on = models.DateTimeField(null=True)
    last_used_from = models.CharField(max_length=16, blank=True)
    revoked_on = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def ended(self, now: datetime) -> str:
        """Why it opens nothing: "revoked", "expired", or "off" as its owner; "" while it does."""
        if self.revoked_on is not None:
            return "revoked"
        if self.expires_on is not None and self.expires_on <= now:
            return "expired"
        return "" if self.user.is_active else "off"
