"""API tokens: making, finding and ending them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.accounts import messages
from dashboard.accounts.actor import Actor
from dashboard.accounts.models import RANK, Role, Token, User
from dashboard.accounts.people.changes import still_admin
from routing.models import Worker

ROLE_FOR = {
    Token.Scope.READ: Role.VIEWER,
    Token.Scope.DEPLOY: Role.OPERATOR,
    Token.Scope.ADMIN: Role.ADMIN,
}
"""The role that a scope's work takes; a scope includes the ones before it."""


class TokenRefused(Exception):
    """Why no token was made, and what to do. `field` names what was wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def hash_token(secret: str) -> str:
    """Hex SHA-256: the secret has 256 bits of entropy, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_token(authorization: str) -> str:
    """The token in an `Authorization` header; "" if there is none."""
    scheme, _, secret = authorization.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def make_token(
    *,
    owner: User,
    name: str,
    scopes: Sequence[str],
    by: Actor,
    workers: Sequence[str] = (),
    expires_on: datetime | None = None,
) -> tuple[Token, str]:
    """A token that its owner may have, and its secret. Raises `TokenRefused`."""
    with transaction.atomic():
        if by.actor and by.actor.pk != owner.pk:
            still_admin(by)
        owner = User.objects.select_for_update().get(pk=owner.pk)  # one name, one token
        _check(owner, name, scopes, workers, by.now)
        token, secret = create_token(
            user=owner,
            name=name,
            scopes=scopes,
            workers=sorted(workers),
            expires_on=expires_on,
            made_by=by.actor,
        )
        by.record("token.create", token.name, after=_facts(token))
    return token, secret


def create_token(
    *, user: User, name: str, scopes: Sequence[str], **fields: Any
) -> tuple[Token, str]:
    """Returns the row and the secret, which cannot be read again."""
    secret = "slc_" + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        name=name,
        scopes=list(scopes),
        sha256=hash_token(secret),
        hint=secret[:8],
        **fields,
    )
    return token, secret


def revoke(token: Token, by: Actor) -> bool:
    """Requests with it are refused from now on; False if it was revoked already."""
    with transaction.atomic():
        ended = Token.objects.filter(pk=token.pk, revoked_on=None).update(revoked_on=by.now)
        if ended:
            by.record("token.revoke", token.name, before=_facts(token))
    return bool(ended)


def remove(token: Token, by: Actor) -> bool:
    """Takes one that opens nothing any more off the list; False where it still does."""
    with transaction.atomic():
        if Token.objects.in_use(by.now).filter(pk=token.pk).exists():
            return False
        gone, _ = Token.objects.filter(pk=token.pk).delete()
        if gone:
            by.record("token.remove", token.name, before=_facts(token))
    return bool(gone)


def acts_as(token: Token) -> Role | None:
    """The role that it comes to: the lower of its widest scope's and its owner's. None without a
    scope that there is."""
    roles = [ROLE_FOR[Token.Scope(s)] for s in token.scopes if s in Token.Scope.values]
    if not roles:
        return None
    return min(max(roles, key=RANK.__getitem__), Role(token.user.role), key=RANK.__getitem__)


def allowed(owner: User) -> list[Token.Scope]:
    """The scopes that a token of this person can have."""
    return [scope for scope, role in ROLE_FOR.items() if owner.may(role)]


def _check(
    owner: User, name: str, scopes: Sequence[str], workers: Sequence[str], now: datetime
) -> None:
    if not name.strip():
        raise TokenRefused("name", messages.TOKEN_NEEDS_NAME)
    if owner.tokens.in_use(now).filter(name=name).exists():
        raise TokenRefused("name", messages.token_name_taken(owner.username, name))
    for scope in map(Token.Scope, scopes):
        if scope not in allowed(owner):
            needed = messages.token_needs_role(owner.username, ROLE_FOR[scope])
            raise TokenRefused("scope", needed)
    existing = Worker.objects.filter(name__in=workers).values_list("name", flat=True)
    if unknown := sorted(set(workers) - set(existing)):
        raise TokenRefused("workers", messages.unknown_workers(unknown))


def _facts(token: Token) -> dict[str, object]:
    """All about it but what opens anything."""
    return {
        "owner": token.user.username,
        "starts_with": token.hint,
        "scopes": token.scopes,
        "workers": token.workers,
        "expires_on": token.expires_on.isoformat() if token.expires_on else None,
    }
