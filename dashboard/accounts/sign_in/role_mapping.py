"""Which role a provider's claims give. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.accounts.models import RANK, Role


def parse_roles(text: str) -> dict[str, Role]:
    """ "platform=admin,developers=operator" → role by group. Raises `ValueError` for bad text."""
    roles: dict[str, Role] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        group, equals, name = (piece.strip() for piece in pair.partition("="))
        if not group or not equals or name not in Role.values:
            raise ValueError(f"{pair!r}: expected GROUP=ROLE with one of {', '.join(Role.values)}.")
        roles[group] = Role(name)
    return roles


def role_of(
    claims: Mapping[str, Any], claim: str, roles: Mapping[str, Role], default: Role | None
) -> Role | None:
    """The highest role that the groups in `claim` give, else `default`; None admits no one.

    `claim` may be a path such as "realm_access.roles". Its value is a list of groups or one group.
    """
    given = [roles[group] for group in _groups(claims, claim) if group in roles]
    return max(given, key=RANK.__getitem__, default=default)


def _groups(claims: Mapping[str, Any], claim: str) -> list[str]:
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for key in claim.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return [group for group in values if isinstance(group, str)]
