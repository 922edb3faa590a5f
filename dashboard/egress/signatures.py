"""Signed webhooks as the Standard Webhooks specification 1.0.0 has them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, by the specification."""


class SecretInvalid(ValueError):
    """Not `whsec_` and the base64 of 24 to 64 bytes."""


def key_of(secret: str) -> bytes:
    """The key in a `whsec_…` secret; raises `SecretInvalid`."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretInvalid("not base64") from error
    if not SHORTEST <= len(key) <= LONGEST:
        raise SecretInvalid(f"{len(key)} bytes, expected {SHORTEST} to {LONGEST}")
    return key


def signed_headers(secret: str, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers; the signature covers the id, the time in seconds and the body."""
    timestamp = str(int(now.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key_of(secret), content, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
