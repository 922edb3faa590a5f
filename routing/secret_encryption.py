"""Secrets at rest, encrypted with a key derived from SLUICE_SECRET_KEY.

AES-256-GCM with a random nonce (NIST SP 800-38D). Also decrypts Fernet, which earlier releases
used, and values encrypted with SLUICE_SECRET_KEY_PREVIOUS; `reencrypt` updates both.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from routing.snapshot import BindingSpec, Secret

PREFIX = "v2."
"""Prefix of AES-GCM ciphertexts. Those of Fernet begin with `gAAAA`."""
NONCE = 12
"""Bytes."""


class DecryptionFailed(ValueError):
    """The value was encrypted with another SLUICE_SECRET_KEY, or changed."""


def encrypt(secret: Secret) -> str:
    """The ciphertext, as text."""
    nonce = os.urandom(NONCE)
    box = AESGCM(_key(settings.SECRET_KEY, b"aes-gcm")).encrypt(
        nonce, secret.reveal().encode(), None
    )
    return PREFIX + base64.urlsafe_b64encode(nonce + box).decode()


def decrypt(sealed: str) -> Secret:
    """The secret in `sealed`. Raises `DecryptionFailed` if the key has changed."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return Secret(_plaintext(sealed, key).decode())
        except (InvalidTag, InvalidToken, ValueError, binascii.Error):
            continue
    raise DecryptionFailed("A secret was encrypted with another SLUICE_SECRET_KEY.")


def uses_current_key(sealed: str) -> bool:
    """Whether it was encrypted with the current key and algorithm."""
    try:
        _plaintext(sealed, settings.SECRET_KEY)
    except (InvalidTag, InvalidToken, ValueError, binascii.Error):
        return False
    return sealed.startswith(PREFIX)


def fingerprint(secret: Secret) -> str:
    """A keyed hash, to compare secrets without decrypting them."""
    return hashlib.blake2s(
        secret.reveal().encode(), key=_key(settings.SECRET_KEY, b"secrets")
    ).hexdigest()


def decrypt_binding(row: Mapping[str, Any]) -> BindingSpec:
    """A stored binding with its secret decrypted. Raises `DecryptionFailed`."""
    options = {k: v for k, v in row.items() if k not in {"name", "type", "sealed", "fingerprint"}}
    try:
        secret = decrypt(row["sealed"]) if "sealed" in row else None
    except DecryptionFailed as error:
        raise DecryptionFailed(
            f"The secret {row['name']} was encrypted with another SLUICE_SECRET_KEY. "
            "Restore that key, or set the secret again."
        ) from error
    return BindingSpec(name=row["name"], type=row["type"], options=options, secret=secret)


def encrypt_binding(binding: BindingSpec) -> dict[str, Any]:
    """A binding to store: options in plaintext, the secret encrypted."""
    row = {**binding.options, "name": binding.name, "type": binding.type}
    if binding.secret is not None:
        row |= {"sealed": encrypt(binding.secret), "fingerprint": fingerprint(binding.secret)}
    return row


def _plaintext(sealed: str, key: str) -> bytes:
    if not sealed.startswith(PREFIX):
        return Fernet(base64.urlsafe_b64encode(_key(key, b"secrets"))).decrypt(sealed.encode())
    raw = base64.urlsafe_b64decode(sealed.removeprefix(PREFIX))
    return AESGCM(_key(key, b"aes-gcm")).decrypt(raw[:NONCE], raw[NONCE:], None)


def _key(secret_key: str, purpose: bytes) -> bytes:
    """32 bytes for one purpose."""
    return hashlib.blake2s(secret_key.encode(), person=purpose).digest()
