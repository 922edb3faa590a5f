"""Sealed files: what an edge writes to disk and only the holder of its token can read.

The key is derived from the edge's token, which does not lie in the edge's folder. With the token
one can ask the control plane for the same snapshot, so the seal trusts nobody with anything new and
there is no second key to lose. An edge with a new token cannot open what it sealed before: it
starts as a new edge does and asks the control plane.

AES-256-GCM with a random nonce of 96 bits (NIST SP 800-38D, 8.2.2); the key comes from HKDF with
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
    """The content was sealed with another token, changed, or cut short."""


class Seal:
    """Seals with the token of one edge."""

    def __init__(self, token: Secret) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sluice edge files")
        self._cipher = AESGCM(derived.derive(token.reveal().encode()))

    def close(self, content: bytes) -> bytes:
        """The content as it may lie on disk; other bytes each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return _MAGIC + nonce + self._cipher.encrypt(nonce, content, _MAGIC)

    def open(self, sealed: bytes) -> bytes:
        """What `close` was given. Raises `SealBroken`."""
        rest = sealed.removeprefix(_MAGIC)
        try:
            return self._cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _MAGIC)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("it was sealed with another edge token, or is damaged") from error


def is_sealed(content: bytes) -> bool:
    """False for a file that an earlier release wrote in clear."""
    return content.startswith(_MAGIC)
