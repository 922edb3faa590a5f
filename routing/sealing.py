"""Secrets sealed to one edge's key, for the way from the control plane to its agent.

Each document has a data key. Each secret is encrypted once with that key (AES-256-GCM, bound to its
version and name), and the data key once for each edge (HPKE, RFC 9180: X25519, HKDF with SHA-256,
AES-256-GCM). So a document costs the same for one edge and for a hundred. Agents without a key get
documents in plaintext; those of earlier releases cannot read a sealed one, and keep what they have.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from routing.snapshot import (
    BindingSpec,
    Preview,
    Secret,
    Snapshot,
    SnapshotInvalid,
    VersionSpec,
    from_json,
    preview_from_json,
)

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_INFO = b"sluice: the data key of a snapshot"
_TOKEN_INFO = b"sluice: an edge's next token"
_NONCE_BYTES = 12


class KeyInvalid(ValueError):
    """Not an X25519 public key in base64."""


class _Sealed(msgspec.Struct):
    """`sealed_key` is "" in a plaintext document, which has the other fields of its kind."""

    sealed_key: str = ""
    document: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Sealed)


def new_data_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def public_key_text(private: X25519PrivateKey) -> str:
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def read_public_key(text: str) -> X25519PublicKey:
    """Raises `KeyInvalid`."""
    try:
        return X25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise KeyInvalid("expected an X25519 public key in base64") from error


def seal_snapshot(snapshot: Snapshot, data_key: bytes) -> Snapshot:
    """`snapshot` with every secret encrypted."""
    cipher = AESGCM(data_key)
    workers = tuple(
        replace(worker, versions=tuple(_sealed(v, cipher) for v in worker.versions))
        if any(_has_secrets(v) for v in worker.versions)
        else worker
        for worker in snapshot.workers
    )
    return replace(snapshot, workers=workers)


def seal_preview(preview: Preview, data_key: bytes) -> Preview:
    """As `seal_snapshot`."""
    return replace(preview, version=_sealed(preview.version, AESGCM(data_key)))


def envelope(document: bytes, data_key: bytes, public_key: str) -> bytes:
    """The sealed document for one edge. Raises `KeyInvalid`."""
    key = _SUITE.encrypt(data_key, read_public_key(public_key), info=_KEY_INFO)
    return b'{"sealed_key":"%b","document":%b}' % (base64.b64encode(key), document)


def open_snapshot(raw: bytes, private: X25519PrivateKey) -> Snapshot:
    """A sealed or plaintext snapshot. Raises `SnapshotInvalid`."""
    with _as_snapshot_invalid():
        sealed = _decoder.decode(raw)
        if not sealed.sealed_key:
            return from_json(raw)
        cipher = _data_cipher(sealed, private)
        snapshot = from_json(bytes(sealed.document))
        return replace(
            snapshot,
            workers=tuple(
                replace(worker, versions=tuple(_opened(v, cipher) for v in worker.versions))
                for worker in snapshot.workers
            ),
        )


def open_preview(raw: bytes, private: X25519PrivateKey) -> Preview:
    """A sealed or plaintext preview. Raises `SnapshotInvalid`."""
    with _as_snapshot_invalid():
        sealed = _decoder.decode(raw)
        if not sealed.sealed_key:
            return preview_from_json(raw)
        preview = preview_from_json(bytes(sealed.document))
        return replace(preview, version=_opened(preview.version, _data_cipher(sealed, private)))


def seal_token(token: str, public_key: str) -> str:
    """A new token that only the edge can read, in base64. Raises `KeyInvalid`."""
    sealed = _SUITE.encrypt(token.encode(), read_public_key(public_key), info=_TOKEN_INFO)
    return base64.b64encode(sealed).decode()


def open_token(sealed: str, private: X25519PrivateKey) -> Secret:
    """Raises `ValueError`."""
    try:
        raw = _SUITE.decrypt(base64.b64decode(sealed, validate=True), private, info=_TOKEN_INFO)
    except InvalidTag as error:
        raise ValueError("the token was sealed to another key") from error
    return Secret(raw.decode())


def _data_cipher(sealed: _Sealed, private: X25519PrivateKey) -> AESGCM:
    key = base64.b64decode(sealed.sealed_key, validate=True)
    return AESGCM(_SUITE.decrypt(key, private, info=_KEY_INFO))


@contextmanager
def _as_snapshot_invalid() -> Iterator[None]:
    try:
        yield
    except InvalidTag as error:
        raise SnapshotInvalid("its secrets are sealed to another key than this edge's") from error
    except SnapshotInvalid:
        raise
    except ValueError as error:
        raise SnapshotInvalid(str(error)) from error


def _sealed(version: VersionSpec, cipher: AESGCM) -> VersionSpec:
    def seal(secret: Secret, context: bytes) -> Secret:
        nonce = os.urandom(_NONCE_BYTES)
        box = cipher.encrypt(nonce, secret.reveal().encode(), context)
        return Secret(base64.b64encode(nonce + box).decode())

    return _with_secrets(version, seal)


def _opened(version: VersionSpec, cipher: AESGCM) -> VersionSpec:
    def unseal(secret: Secret, context: bytes) -> Secret:
        raw = base64.b64decode(secret.reveal(), validate=True)
        return Secret(cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context).decode())

    return _with_secrets(version, unseal)


def _with_secrets(version: VersionSpec, change: Callable[[Secret, bytes], Secret]) -> VersionSpec:
    if not _has_secrets(version):
        return version

    def changed(binding: BindingSpec) -> BindingSpec:
        if binding.secret is None:
            return binding
        context = f"{version.id}/{binding.name}".encode()
        return replace(binding, secret=change(binding.secret, context))

    return replace(version, bindings=tuple(map(changed, version.bindings)))


def _has_secrets(version: VersionSpec) -> bool:
    return any(binding.secret is not None for binding in version.bindings)
