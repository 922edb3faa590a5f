"""Secrets at rest: sealed with a key derived from SLUICE_SECRET_KEY, opened only to publish."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from routing.snapshot import Binding, Secret


class SealBroken(ValueError):
    """A sealed value cannot be opened: it was sealed with another SLUICE_SECRET_KEY."""


def seal(secret: Secret) -> str:
    """The secret as text that is safe to store."""
    return _box().encrypt(secret.reveal().encode()).decode()


def unseal(sealed: str) -> Secret:
    """The secret in `sealed`; raises `SealBroken` when the key has changed since."""
    try:
        return Secret(_box().decrypt(sealed.encode()).decode())
    except InvalidToken as error:
        raise SealBroken("A secret was sealed with another SLUICE_SECRET_KEY.") from error


def fingerprint(secret: Secret) -> str:
    """Tells whether two secrets are equal without opening them (keyed, so it cannot be guessed)."""
    return hashlib.blake2s(secret.reveal().encode(), key=_key()).hexdigest()


def open_binding(row: Mapping[str, Any]) -> Binding:
    """A stored binding with its secret opened; raises `SealBroken`."""
    options = {k: v for k, v in row.items() if k not in {"name", "type", "sealed", "fingerprint"}}
    try:
        secret = unseal(row["sealed"]) if "sealed" in row else None
    except SealBroken as error:
        raise SealBroken(
            f"The secret {row['name']} was sealed with another SLUICE_SECRET_KEY. "
            "Bring that key back, or set the secret again."
        ) from error
    return Binding(name=row["name"], type=row["type"], options=options, secret=secret)


def close_binding(binding: Binding) -> dict[str, Any]:
    """A binding as it is stored: options in clear, the secret sealed."""
    row = {**binding.options, "name": binding.name, "type": binding.type}
    if binding.secret is not None:
        row |= {"sealed": seal(binding.secret), "fingerprint": fingerprint(binding.secret)}
    return row


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key()))


def _key() -> bytes:
    return hashlib.blake2s(settings.SECRET_KEY.encode(), person=b"secrets").digest()
