"""A permission as text: a JSON Web Token (RFC 7519), signed with Ed25519 (RFC 8037).

Edges have public keys only, so they can check permissions and not grant them. Expiry is checked by
the caller, with its own clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.types import Options

from routing.rules.permissions.permission import Fault, Permission, TokenResult

LONGEST = 1024
"""The most characters of a token. Ours have about 400."""
_ALGORITHM = "EdDSA"
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_NO_CLOCK: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_UNCHECKED: Options = {**_NO_CLOCK, "verify_signature": False}


def new_key() -> tuple[bytes, bytes]:
    """A private and its public key, 32 bytes each."""
    private = Ed25519PrivateKey.generate()
    return (
        private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()),
        private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    )


def sign(permission: Permission, key_id: str, private: bytes) -> str:
    """The token; the same permission gives the same text."""
    claims: dict[str, Any] = {
        "jti": permission.id,
        "sub": permission.person,
        "aud": permission.worker,
        "ver": permission.version_id,
        "exp": permission.expires_at,
    }
    if permission.host:
        claims["host"] = permission.host
    key = Ed25519PrivateKey.from_private_bytes(private)
    return str(jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": key_id}))


def read_token(token: str, worker: str, keys: Mapping[str, bytes]) -> TokenResult:
    """The permission in `token` if its signature is valid for `worker`, else the fault.

    Each Worker has its own keys. Never raises.
    """
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        return Fault.malformed
    try:
        public = keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if public is None:
            claims = jwt.decode(token, options=_UNCHECKED)
        else:
            claims = jwt.decode(token, _loaded(public), algorithms=[_ALGORITHM], options=_NO_CLOCK)
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        return Fault.forged
    except (jwt.PyJWTError, ValueError):
        return Fault.malformed
    permission = _permission(claims)
    if permission is None:
        return Fault.malformed
    if permission.worker != worker:
        return Fault.other_worker
    return permission if public is not None else Fault.unknown_key


@lru_cache(maxsize=256)
def _loaded(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _permission(claims: Mapping[str, Any]) -> Permission | None:
    expires_at = claims.get("exp")
    id_, person, worker, version_id, host = (
        str(claims.get(name, "")) for name in ("jti", "sub", "aud", "ver", "host")
    )
    if not (id_ and person and worker and version_id) or type(expires_at) is not int:
        return None
    return Permission(id_, person, worker, version_id, expires_at, host)
