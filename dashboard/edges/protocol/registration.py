"""A new edge: its name and its token, stored as a hash."""

from __future__ import annotations

import secrets

from django.utils import timezone

from dashboard.accounts.tokens import hash_token
from routing.models import Edge


def register_edge(name: str) -> str:
    """Creates the edge `name`, or replaces its token. Returns the token, which is not stored."""
    token = "sle_" + secrets.token_urlsafe(32)
    Edge.objects.update_or_create(
        name=name,
        defaults={"token_sha256": hash_token(token)},
        create_defaults={"token_sha256": hash_token(token), "created_on": timezone.now()},
    )
    return token
