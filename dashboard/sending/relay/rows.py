"""The agents' end of relayed requests: take a request, store its answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
from django.utils import timezone

from dashboard.sending.models import Relayed
from routing.relayed_request import MOST_BYTES, MOST_SECONDS, RelayedAnswer, RelayedRequest
from routing.secret_encryption import DecryptionFailed, decrypt, encrypt
from routing.snapshot import Secret

TAKEN_AT_ONCE = 32
LARGEST_ANSWER = 2 * MOST_BYTES
"""Bytes of the JSON of an answer: its body in base64, and header lines."""
EXPIRES_AFTER = timedelta(seconds=2 * MOST_SECONDS)


class AnswerInvalid(ValueError):
    """The answer cannot be read."""


def group(edge_id: int) -> str:
    """The channel group of one edge's sockets."""
    return f"edge-{edge_id}"


def take(edge_id: int, socket: str) -> list[RelayedRequest]:
    """Requests for this edge that no socket has taken yet. One query if there are none."""
    now = timezone.now()
    waiting = Relayed.objects.filter(edge_id=edge_id, taken_at=None)
    ids = list(waiting.filter(expires_at__gt=now).values_list("pk", flat=True)[:TAKEN_AT_ONCE])
    if not ids:
        return []
    # Each row goes to one socket: of two agents with one token, only one sends it.
    waiting.filter(pk__in=ids).update(taken_at=now, socket=socket)
    rows = Relayed.objects.filter(pk__in=ids, socket=socket, answered_at=None)
    return [request for row in rows if (request := _request(row)) is not None]


def answer(edge_id: int, request_id: UUID, body: bytes) -> bool:
    """Stores an answer of this edge. False if it is no longer needed. Raises `AnswerInvalid`."""
    if len(body) > LARGEST_ANSWER:
        raise AnswerInvalid(f"larger than {LARGEST_ANSWER} bytes")
    try:
        msgspec.json.decode(body, type=RelayedAnswer)
    except ValueError as error:
        raise AnswerInvalid(str(error)) from error
    rows = Relayed.objects.filter(pk=request_id, edge_id=edge_id, answered_at=None)
    encrypted = encrypt(Secret(body.decode()))
    return bool(rows.update(answer=encrypted, answered_at=timezone.now()))


def lose(socket: str) -> None:
    """The socket closed: its requests may remain without an answer."""
    rows = Relayed.objects.filter(socket=socket, answered_at=None, lost_at=None)
    rows.update(lost_at=timezone.now())


def seal(request: RelayedRequest) -> str:
    """The request as it is stored."""
    return encrypt(Secret(msgspec.json.encode(request).decode()))


def unseal_answer(stored: str) -> RelayedAnswer:
    """Raises `DecryptionFailed`."""
    return msgspec.json.decode(decrypt(stored).reveal(), type=RelayedAnswer)


def _request(row: Relayed) -> RelayedRequest | None:
    try:
        return msgspec.json.decode(decrypt(row.request).reveal(), type=RelayedRequest)
    except (DecryptionFailed, ValueError):
        return None
