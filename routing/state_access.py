"""Access to namespaces of the state process: one header, whose capability is for one namespace.

The capability gives read and write access to the namespace. It is an HMAC, so the state process
knows those of new namespaces without a change of its configuration.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "x-sluice-state"
ERROR_HEADER = "x-sluice-state-error"
"""In a refusal of the front: `forbidden`, `deleted`, `unknown_kind`."""
ADMIN = "admin"
"""The kind of the header that may delete namespaces."""


def capability(key: bytes, kind: str, namespace: str) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(key, f"{kind}:{namespace}".encode(), hashlib.sha256).hexdigest()


def header_value(key: bytes, kind: str, namespace: str) -> str:
    """The value of `HEADER` for one namespace."""
    return f"{kind}:{namespace}:{capability(key, kind, namespace)}"


def state_key(secret: str) -> bytes:
    """32 bytes for capabilities, from SLUICE_STATE_KEY or SLUICE_SECRET_KEY."""
    return hashlib.blake2s(secret.encode(), person=b"state").digest()
