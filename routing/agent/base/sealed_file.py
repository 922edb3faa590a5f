"""Encrypted files that only the edge's token can decrypt.

The key is derived from the token, which is not in the edge's folder. The token also gives access to
the same snapshot at the control plane, so this adds no second key. After a change of the token an
edge cannot decrypt its files and starts like a new one.

AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, 8.2.2); the key comes from HKDF with
SHA-256 (RFC 5869).
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from routing.snapshot import Secret

_MAGIC = b"sluice-sealed-1\n"
_NONCE_BYTES = 12


class SealBroken(ValueError):
    """Encrypted with another token, modified, or truncated."""


class Seal:
    def __init__(self, token: Secret) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sluice edge files")
        self._cipher = AESGCM(derived.derive(token.reveal().encode()))

    def close(self, content: bytes) -> bytes:
        """Encrypts; the result differs each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return _MAGIC + nonce + self._cipher.encrypt(nonce, content, _MAGIC)

    def open(self, sealed: bytes) -> bytes:
        """Decrypts. Raises `SealBroken`."""
        rest = sealed.removeprefix(_MAGIC)
        try:
            return self._cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _MAGIC)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("it was sealed with another edge token, or is damaged") from error


def is_sealed(content: bytes) -> bool:
    """False for a plain-text file of an earlier release."""
    return content.startswith(_MAGIC)
