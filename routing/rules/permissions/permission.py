"""Permissions for overrides: a person, a version of a Worker, an expiry.

Specification, "Protected overrides". A permission travels in a request header, or in the cookie of
a shared link; `token.py` verifies and signs its text. The functions here check verified ones: they
take the time as an argument and use no keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

#: The request header, as people write it. One permission, or several separated by commas.
PERMISSION_NAME = "Sluice-Override-Permission"
#: The same in lower case, as HTTP compares names.
PERMISSION = PERMISSION_NAME.lower()
#: The placeholder for a permission in commands to copy.
PLACEHOLDER = "$SLUICE_OVERRIDE_PERMISSION"
#: The cookie of a shared link.
COOKIE = "__sluice_override"
#: Its name over https: browsers accept it from this host only, so sibling hosts cannot plant one
#: (RFC 6265bis, 4.1.3.2). It contains the other name, which Envoy matches.
HOST_COOKIE = f"__Host-{COOKIE}"


class Fault(StrEnum):
    """Why a permission is not valid, least specific first.

    The names are part of the proof headers (`x-sluice-permission`), the logs and the pages.
    """

    missing = "missing"
    malformed = "malformed"
    other_worker = "other_worker"
    unknown_key = "unknown_key"
    forged = "forged"
    other_host = "other_host"
    other_version = "other_version"
    expired = "expired"
    revoked = "revoked"


_RANK = {fault: rank for rank, fault in enumerate(Fault)}


@dataclass(frozen=True, slots=True)
class Permission:
    """The signed content. `expires_at` is Unix time; with `host` it is valid at that host only."""

    id: str
    person: str
    worker: str
    version_id: str
    expires_at: int
    host: str = ""


TokenResult: TypeAlias = Permission | Fault
"""A permission with a valid signature, or why there is none."""


@dataclass(frozen=True, slots=True)
class Protection:
    """How one Worker checks overrides. `keys` are its public keys, by id."""

    protected: bool = False
    keys: Mapping[str, bytes] = field(default_factory=dict, hash=False)
    revoked: frozenset[str] = frozenset()


UNPROTECTED = Protection()


@dataclass(frozen=True, slots=True)
class Presented:
    """The permissions of one request. `host` is lower-case without a port; `now` is Unix time."""

    header: tuple[TokenResult, ...] = ()
    cookie: TokenResult | None = None
    host: str = ""
    now: float = 0.0


NOTHING = Presented()


def fault_of(
    read: TokenResult, version_id: str, protection: Protection, presented: Presented
) -> Fault | None:
    """Why this permission does not allow `version_id`; None if it does."""
    if isinstance(read, Fault):
        return read
    if read.host and read.host != presented.host:
        return Fault.other_host
    if read.version_id != version_id:
        return Fault.other_version
    if read.expires_at <= presented.now:
        return Fault.expired
    return Fault.revoked if read.id in protection.revoked else None


def refusal(version_id: str, protection: Protection, presented: Presented) -> Fault | None:
    """Why no permission of the request allows `version_id`: the most specific fault. None if one
    does."""
    reads = [*presented.header, *([presented.cookie] if presented.cookie else ())]
    faults = [fault_of(read, version_id, protection, presented) for read in reads]
    if None in faults:
        return None
    return worst(fault for fault in faults if fault)


def worst(faults: Iterable[Fault]) -> Fault:
    """The most specific fault; `missing` if there are none."""
    return max(faults, key=_RANK.__getitem__, default=Fault.missing)
