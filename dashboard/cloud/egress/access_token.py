"""A service token of Cloudflare Access: lets requests through to one confirmed address."""

from __future__ import annotations

import re

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.cloud.egress.values import Destination, WorkerRequest
from dashboard.cloud.models import FollowedWorker
from routing.secret_encryption import DecryptionFailed, decrypt, encrypt
from routing.snapshot import Secret

ID_HEADER, SECRET_HEADER = "CF-Access-Client-Id", "CF-Access-Client-Secret"
CLIENT_ID = re.compile(r"[\x21-\x7e]{8,200}")
SECRET = re.compile(r"[\x21-\x7e]{16,200}")


def with_access_token(
    destination: Destination, request: WorkerRequest
) -> tuple[WorkerRequest, tuple[str, ...]]:
    """The request with the token's header lines, and the secrets that an answer may echo. Unchanged
    without a token, or if it cannot be decrypted."""
    row = FollowedWorker.objects.filter(
        account_id=destination.account_id, name=destination.worker
    ).first()
    if row is None or not row.encrypted_access_secret or not _is_for(row, destination):
        return request, ()
    try:
        secret = decrypt(row.encrypted_access_secret).reveal()
    except DecryptionFailed:
        return request, ()
    request = request.with_line(ID_HEADER, row.access_client_id)
    return request.with_line(SECRET_HEADER, secret), (secret,)


def set_access_token(row: FollowedWorker, client_id: str, secret: str, by: Actor) -> bool:
    """False for what is no service token. The audit trail has the client id only."""
    if not CLIENT_ID.fullmatch(client_id) or not SECRET.fullmatch(secret):
        return False
    _save(row, client_id, encrypt(Secret(secret)), by)
    return True


def remove_access_token(row: FollowedWorker, by: Actor) -> None:
    _save(row, "", "", by)


def _save(row: FollowedWorker, client_id: str, encrypted: str, by: Actor) -> None:
    before = row.access_client_id
    row.access_client_id, row.encrypted_access_secret = client_id, encrypted
    with transaction.atomic():
        row.save(update_fields=["access_client_id", "encrypted_access_secret"])
        subject = f"cloudflare worker {row.account.slug}/{row.name}"
        by.record("cloud.access_token", subject, before=before, after=client_id)


def _is_for(row: FollowedWorker, destination: Destination) -> bool:
    """The address may have changed since the request was admitted."""
    host = destination.host
    return row.address.lower() in (host.authority, f"{host.name}:{host.port}")
