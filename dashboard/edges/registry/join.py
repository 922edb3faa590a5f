"""How an edge joins: an admin creates a one-time token, and the agent exchanges it at its first
start. The agent makes its credentials itself and sends a hash and its public key, so that neither
travels, and a repeated exchange succeeds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.accounts.tokens import bearer_token, hash_token
from dashboard.edges import messages
from dashboard.edges.registry.names import EdgeRefused, check_name
from dashboard.edges.registry.tokens import LIFETIME, revoke_all, store
from routing import sealing
from routing.control import edge_groups
from routing.models import DEFAULT_GROUP, Edge, EdgeToken, JoinToken

LASTS = timedelta(hours=1)
LONGEST = timedelta(days=7)


class JoinRequest(msgspec.Struct):
    """`credential_sha256` is the hash of the token that the agent made for itself."""

    credential_sha256: str
    public_key: str


class JoinRefused(Exception):
    """The agent cannot join with this token. `status` is that of the HTTP answer."""

    def __init__(self, message: str, status: int = 401) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class NewJoinToken:
    row: JoinToken
    secret: str


def create_join_token(
    name: str,
    by: Actor,
    *,
    group: str = DEFAULT_GROUP,
    lasts: timedelta = LASTS,
    edge: Edge | None = None,
) -> NewJoinToken:
    """A token to join with as `name`; with `edge`, to join again as an existing edge.

    Raises `EdgeRefused`.
    """
    if not timedelta(minutes=1) <= lasts <= LONGEST:
        raise EdgeRefused(messages.BAD_LIFETIME, "lasts")
    try:
        edge_groups.check_group_name(group)
    except edge_groups.GroupsRefused as error:
        raise EdgeRefused(str(error), "group") from error
    secret = "slj_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        check_name(name, by.now, edge=edge)
        row = JoinToken.objects.create(
            sha256=hash_token(secret),
            name=name,
            group=group,
            edge=edge,
            created_at=by.now,
            created_by=by.actor.get_username() if by.actor else "shell",
            expires_at=by.now + lasts,
        )
        after = {"group": group, "expires_at": row.expires_at.isoformat(), "again": bool(edge)}
        by.record("edge.invite", name, after=after)
    return NewJoinToken(row, secret)


def revoke_join_token(row: JoinToken, by: Actor) -> bool:
    """False if it was used or revoked before."""
    with transaction.atomic():
        waiting = JoinToken.objects.filter(pk=row.pk, joined_at=None, revoked_at=None)
        revoked = waiting.update(revoked_at=by.now)
        if revoked:
            by.record("edge.invite_revoke", row.name)
    return bool(revoked)


def join(authorization: str, body: bytes, now: datetime) -> Edge:
    """The edge that the token joins as. Raises `JoinRefused`."""
    request = _parsed(body)
    secret = bearer_token(authorization)
    if not secret:
        raise JoinRefused(messages.NO_JOIN_TOKEN)
    with transaction.atomic():
        rows = JoinToken.objects.select_for_update(of=("self",)).select_related("edge")
        row = rows.filter(sha256=hash_token(secret)).first()
        if row is None:
            raise JoinRefused(messages.NO_JOIN_TOKEN)
        if row.joined_at is not None:
            return _joined_before(row, request)
        if row.revoked_at is not None or row.expires_at <= now:
            raise JoinRefused(messages.JOIN_TOKEN_EXPIRED)
        edge = _rejoined(row.edge, request, now) if row.edge else _new(row, request, now)
        row.edge, row.joined_at = edge, now
        row.credential_sha256 = request.credential_sha256
        row.save(update_fields=["edge", "joined_at", "credential_sha256"])
        by = Actor(actor=None, source="edge", now=now)
        by.record("edge.join", edge.name, after={"group": edge.group, "invited_by": row.created_by})
    return edge


def _parsed(body: bytes) -> JoinRequest:
    try:
        request = msgspec.json.decode(body, type=JoinRequest)
        sealing.read_public_key(request.public_key)
        if len(bytes.fromhex(request.credential_sha256)) != 32:
            raise ValueError("credential_sha256: expected 32 bytes in hex")
    except ValueError as error:
        raise JoinRefused(str(error), 400) from error
    if EdgeToken.objects.filter(sha256=request.credential_sha256, revoked_at=None).exists():
        used = JoinToken.objects.filter(credential_sha256=request.credential_sha256)
        if not used.exists():
            raise JoinRefused(messages.CREDENTIAL_IN_USE, 409)
    return request


def _joined_before(row: JoinToken, request: JoinRequest) -> Edge:
    """The answer to the first exchange was lost; the agent sends the same again."""
    if row.credential_sha256 != request.credential_sha256 or row.edge is None:
        raise JoinRefused(messages.JOIN_TOKEN_USED)
    return row.edge


def _new(row: JoinToken, request: JoinRequest, now: datetime) -> Edge:
    try:
        check_name(row.name, now, edge=None)
    except EdgeRefused as error:
        if Edge.objects.filter(name=row.name).exists():
            raise JoinRefused(str(error), 409) from error
    edge = Edge.objects.create(
        name=row.name,
        group=row.group,
        public_key=request.public_key,
        token_sha256=request.credential_sha256,
        created_on=now,
    )
    store(edge, request.credential_sha256, now, now + LIFETIME)
    return edge


def _rejoined(edge: Edge, request: JoinRequest, now: datetime) -> Edge:
    """The same edge with another machine, or after it lost its key. Its old tokens end."""
    if edge.removed_at is not None:
        raise JoinRefused(messages.removed(edge.name), 410)
    revoke_all(edge, now)
    edge.public_key, edge.certificate_name, edge.agents = request.public_key, "", {}
    edge.save(update_fields=["public_key", "certificate_name", "agents"])
    store(edge, request.credential_sha256, now, now + LIFETIME)
    return edge
