"""What makes an ID token good (OpenID Connect Core 1.0, sections 3.1.3.7 and 5.3.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures with the provider's private key. No HMAC: its key would be the client secret."""
LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be off."""


class IdTokenInvalid(ValueError):
    """Why an ID token proves nothing. For the log; the person sees one sentence."""


def verified_claims(
    token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str
) -> dict[str, Any]:
    """The claims of a token that one of `keys` (a JWK set, RFC 7517) signed for this client and
    that has not expired. Raises `IdTokenInvalid`."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key_for(token, keys),
            algorithms=list(ALGORITHMS),
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as error:
        raise IdTokenInvalid(f"{type(error).__name__}: {error}") from error
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (others or "azp" in claims) and claims.get("azp") != client_id:
        raise IdTokenInvalid("It was issued to another client (azp).")
    return claims


def check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    """An earlier sign-in's token is no answer to this one. Raises `IdTokenInvalid`."""
    if not nonce or claims.get("nonce") != nonce:
        raise IdTokenInvalid("Its nonce is not the one of this sign-in.")


def check_strength(claims: Mapping[str, Any], accepted: Collection[str]) -> None:
    """How the person proved who they are (`acr`), where Sluice asks for it. Raises
    `IdTokenInvalid`."""
    if accepted and claims.get("acr") not in accepted:
        raise IdTokenInvalid(f"acr is {claims.get('acr')!r}, not one of {sorted(accepted)}.")


def check_age(claims: Mapping[str, Any], limit: timedelta | None, now: datetime) -> None:
    """How long ago the person last proved who they are (`auth_time`). Raises `IdTokenInvalid`."""
    if limit is None:
        return
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool):
        raise IdTokenInvalid("It has no auth_time, which max_age asks for.")
    if now.timestamp() - at > (limit + LEEWAY).total_seconds():
        raise IdTokenInvalid("The person proved who they are too long ago (auth_time).")


def check_userinfo(claims: Mapping[str, Any], userinfo: Mapping[str, Any] | None) -> None:
    """Both answers are about one person. Raises `IdTokenInvalid`."""
    if userinfo is not None and userinfo.get("sub") != claims["sub"]:
        raise IdTokenInvalid("The userinfo endpoint answered for another person (sub).")


def _key_for(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that the token names, or the only one there is."""
    usable = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if _signs(key)]
    kid = jwt.get_unverified_header(token).get("kid")
    if kid is None and len(usable) == 1:
        return usable[0]
    for key in usable:
        if kid is not None and key.key_id == kid:
            return key
    raise IdTokenInvalid("The provider publishes no key with the token's id.")


def _signs(key: jwt.PyJWK) -> bool:
    return key.public_key_use in (None, "sig") and key.key_type in ("RSA", "EC", "OKP")
