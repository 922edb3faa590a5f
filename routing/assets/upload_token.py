"""Signed tokens of an upload of assets (JSON Web Tokens, RFC 7519, with HMAC SHA-256).

The first one allows uploading files, for an hour; the second one, given when all files have
arrived, is sent in the metadata of a version.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import jwt
from django.conf import settings

LIFETIME = timedelta(hours=1)
LONGEST = 500
"""Characters of a token."""


class Use(StrEnum):
    """What a token is for."""

    UPLOAD = "sluice-assets-upload"
    COMPLETE = "sluice-assets-complete"


class TokenInvalid(ValueError):
    """Not one of ours, expired, or for another use."""


def token_of(upload: UUID, use: Use, now: datetime) -> str:
    claims = {"sub": str(upload), "aud": use.value, "exp": int((now + LIFETIME).timestamp())}
    return jwt.encode(claims, _key(settings.SECRET_KEY), algorithm="HS256")


def upload_of(token: str, use: Use, now: datetime) -> UUID:
    """The id of the upload. Raises `TokenInvalid`."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            claims = jwt.decode(
                token,
                _key(secret),
                algorithms=["HS256"],
                audience=use.value,
                options={"require": ["sub", "exp", "aud"], "verify_exp": False},
            )
            if int(claims["exp"]) > now.timestamp():
                return UUID(claims["sub"])
        except (jwt.InvalidTokenError, ValueError):
            continue
    raise TokenInvalid


def is_upload_token(token: str, now: datetime) -> bool:
    """Whether it allows uploading files."""
    try:
        upload_of(token, Use.UPLOAD, now)
    except TokenInvalid:
        return False
    return True


def _key(secret: str) -> bytes:
    return hashlib.sha256(b"assets-upload" + secret.encode()).digest()
