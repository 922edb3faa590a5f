"""People and API tokens. A token's secret is shown once and kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What a person may do (spec, People); each role includes the ones before it."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    REVIEWER = "reviewer", "Reviewer"
    ADMIN = "admin", "Admin"


RANK = {role: rank for rank, role in enumerate(Role)}


class User(AbstractUser):
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)

    def may(self, role: Role) -> bool:
        """Whether this person has `role` or a higher one."""
        return self.is_active and RANK[Role(self.role)] >= RANK[role]


class Token(models.Model):
    """An API token; what it may do is the lower of its scopes and its owner's role."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        DEPLOY = "deploy", "Upload and deploy"
        ADMIN = "admin", "Delete Workers, manage edges"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    scopes = models.JSONField(default=list)
    created_on = models.DateTimeField(auto_now_add=True)
    last_used_on = models.DateTimeField(null=True)
    revoked_on = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


def hash_token(secret: str) -> str:
    """Hex SHA-256: the secret has 256 bits of entropy, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(*, user: User, name: str, scopes: list[str]) -> tuple[Token, str]:
    """The row and the secret, which nobody can read again."""
    secret = "slc_" + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user, name=name, scopes=scopes, sha256=hash_token(secret), hint=secret[:8]
    )
    return token, secret
