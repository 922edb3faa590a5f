"""The tokens of an edge. While one replaces another, both are valid."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Q

from dashboard.accounts.actor import Actor
from dashboard.accounts.tokens import bearer_token, hash_token
from routing import sealing
from routing.models import Edge, EdgeToken

LIFETIME = timedelta(days=90)
"""Of a token that an agent renews by itself."""
RENEW_WITHIN = LIFETIME / 3
"""The agent renews a token that ends within this time."""
OVERLAP = timedelta(hours=1)
"""How long the old token is valid after a renewal."""
SOON = timedelta(days=14)
"""The pages warn about a token that ends within this time."""
USE_RECORDED_EVERY = timedelta(minutes=1)


class TokenState(StrEnum):
    valid = "valid"
    unknown = "unknown"
    expired = "expired"
    #: Its edge was removed.
    removed = "removed"


@dataclass(frozen=True, slots=True)
class SignIn:
    """`edge` and `token` are None unless the token is valid."""

    state: TokenState
    edge: Edge | None = None
    token: EdgeToken | None = None


def sign_in(authorization: str, now: datetime) -> SignIn:
    """The edge whose token is in an `Authorization` header."""
    secret = bearer_token(authorization)
    if not secret:
        return SignIn(TokenState.unknown)
    digest = hash_token(secret)
    # An edge's last report may be large, and few requests need it.
    tokens = EdgeToken.objects.select_related("edge").defer("edge__status")
    token = tokens.filter(sha256=digest).first()
    if token is None:
        token = _adopt(digest, now)
    if token is None:
        return SignIn(TokenState.unknown)
    if token.edge.removed_at is not None:
        return SignIn(TokenState.removed)
    if token.revoked_at or (token.expires_at and token.expires_at <= now):
        return SignIn(TokenState.expired)
    if token.last_used_at is None or now - token.last_used_at > USE_RECORDED_EVERY:
        EdgeToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return SignIn(TokenState.valid, token.edge, token)


def is_renewal_due(edge: Edge, token: EdgeToken, now: datetime) -> bool:
    """Whether the agent should exchange its token for a new one now."""
    if edge.renew_requested_at is not None and edge.renew_requested_at >= token.created_at:
        return True
    return token.expires_at is not None and token.expires_at - now < RENEW_WITHIN


def issue(edge: Edge, now: datetime, expires_at: datetime | None = None) -> str:
    """A new token, valid beside the edge's others. Returned once; only its hash is stored."""
    secret = "sle_" + secrets.token_urlsafe(32)
    store(edge, hash_token(secret), now, expires_at)
    return secret


def store(edge: Edge, sha256: str, now: datetime, expires_at: datetime | None) -> None:
    """Adds a token by its hash."""
    EdgeToken.objects.create(edge=edge, sha256=sha256, created_at=now, expires_at=expires_at)
    edge.token_sha256 = sha256
    Edge.with_removed.filter(pk=edge.pk).update(token_sha256=sha256)


def rotate(edge: Edge, by: Actor, *, overlap: timedelta, lasts: timedelta | None = None) -> str:
    """A new token, returned once; the others end after `overlap`."""
    with transaction.atomic():
        _end_others(edge, by.now + overlap)
        secret = issue(edge, by.now, by.now + lasts if lasts else None)
        by.record(
            "edge.token_rotate", edge.name, after={"overlap_seconds": int(overlap.total_seconds())}
        )
    return secret


def request_renewal(edge: Edge, by: Actor) -> None:
    """Makes the agent exchange its token with its next report."""
    with transaction.atomic():
        Edge.objects.filter(pk=edge.pk).update(renew_requested_at=by.now)
        by.record("edge.token_renew", edge.name)


def renew(edge: Edge, token: EdgeToken, now: datetime) -> str | None:
    """A new token that only the edge can read: sealed to its key. None if none is due.

    A thief who has the token alone learns nothing, and cannot end it either: a connected edge
    renews before the old one does.
    """
    if not edge.public_key or not is_renewal_due(edge, token, now):
        return None
    with transaction.atomic():
        edge.tokens.filter(last_used_at=None).update(revoked_at=now)  # answers that were lost
        _end_others(edge, now + OVERLAP)
        secret = issue(edge, now, now + LIFETIME)
        Edge.objects.filter(pk=edge.pk).update(renew_requested_at=None)
        by = Actor(actor=None, source="edge", now=now)
        by.record("edge.token_renewed", edge.name)
    return sealing.seal_token(secret, edge.public_key)


def revoke_all(edge: Edge, now: datetime) -> None:
    edge.tokens.filter(revoked_at=None).update(revoked_at=now)


def _end_others(edge: Edge, ends_at: datetime) -> None:
    later = Q(expires_at=None) | Q(expires_at__gt=ends_at)
    edge.tokens.filter(later, revoked_at=None).update(expires_at=ends_at)


def _adopt(digest: str, now: datetime) -> EdgeToken | None:
    """The row of a token that an earlier release issued, which has only `Edge.token_sha256`."""
    with transaction.atomic():  # an agent's first requests come at once
        edge = Edge.with_removed.select_for_update().filter(token_sha256=digest).first()
        if edge is None:
            return None
        row = EdgeToken.objects.select_related("edge").filter(sha256=digest).first()
        if row is None:
            revoke_all(edge, now)
            row = EdgeToken.objects.create(edge=edge, sha256=digest, created_at=edge.created_on)
        return row
