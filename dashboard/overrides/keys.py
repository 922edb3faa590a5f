"""A Worker's signing keys. Every change here is made under `revision.lock()`, by its caller."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime

from routing.models import OverrideKey, Worker
from routing.rules.permissions.permission import Permission
from routing.rules.permissions.token import new_key, sign
from routing.secret_encryption import decrypt, encrypt
from routing.snapshot import Secret


@dataclass(frozen=True, slots=True)
class Signer:
    """One key, ready to sign."""

    key_id: str
    private: bytes

    def token(self, permission: Permission) -> str:
        return sign(permission, self.key_id, self.private)


def signer_of(worker: Worker) -> Signer | None:
    """The key that signs now; None where the Worker has none yet. Raises `DecryptionFailed`."""
    row = worker.override_keys.filter(retired_at=None).first()
    return opened(row) if row else None


def opened(row: OverrideKey) -> Signer:
    """The key in this row; raises `DecryptionFailed`."""
    return Signer(row.key_id, base64.b64decode(decrypt(row.encrypted_private).reveal()))


def ensure(worker: Worker, now: datetime) -> Signer:
    """The key that signs, made where there is none; raises `DecryptionFailed`."""
    return signer_of(worker) or opened(_make(worker, now))


def rotate(worker: Worker, now: datetime, *, drop: bool) -> None:
    """A new key signs from now on. With `drop` whatever an older one signed is refused."""
    older = worker.override_keys.all()
    if drop:
        older.delete()
    else:
        older.filter(retired_at=None).update(retired_at=now)
    _make(worker, now)


def _make(worker: Worker, now: datetime) -> OverrideKey:
    private, public = new_key()
    return OverrideKey.objects.create(
        worker=worker,
        key_id=secrets.token_hex(8),
        public=base64.b64encode(public).decode(),
        encrypted_private=encrypt(Secret(base64.b64encode(private).decode())),
        created_at=now,
    )
