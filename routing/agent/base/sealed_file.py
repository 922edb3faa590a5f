"""Encrypted files that only this edge can decrypt.

The key is derived from the edge's private key, so it survives a new token. SLUICE_EDGE_KEY_FILE
keeps that key outside the edge's folder; then a copy of the folder opens nothing. Earlier releases
derived it from the token; their files are read, too.

AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, 8.2.2); the key comes from HKDF with
SHA-256 (RFC 5869).
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MAGIC = b"sluice-sealed-1\n"
_NONCE_BYTES = 12


class SealBroken(ValueError):
    """Encrypted with another key, modified, or truncated."""


class Seal:
    """Encrypts with `key`; decrypts what was encrypted with it or with one of `earlier`."""

    def __init__(self, key: bytes, *earlier: bytes) -> None:
        self._ciphers = [AESGCM(_derived(each)) for each in (key, *earlier)]

    def close(self, content: bytes) -> bytes:
        """Encrypts; the result differs each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return _MAGIC + nonce + self._ciphers[0].encrypt(nonce, content, _MAGIC)

    def open(self, sealed: bytes) -> bytes:
        """Decrypts. Raises `SealBroken`."""
        rest = sealed.removeprefix(_MAGIC)
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _MAGIC)
            except (InvalidTag, ValueError):
                continue
        raise SealBroken("it was sealed with another key of this edge, or is damaged")


def _derived(key: bytes) -> bytes:
    # An HKDF object derives once.
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sluice edge files").derive(key)


def is_sealed(content: bytes) -> bool:
    """False for a plain-text file of an earlier release."""
    return content.startswith(_MAGIC)
