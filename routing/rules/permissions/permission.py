"""Permissions for overrides: who may reach which version of which Worker, and until when.

Specification, "Protected overrides". A permission travels in a request header, or in the cookie
that a shared link sets; `permission_token.py` reads and signs the text of one. The functions here
only judge what was read: they take the time as an argument and look at no key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

#: The request header as people read it. It holds one permission, or several with commas between.
PERMISSION_NAME = "Sluice-Override-Permission"
#: The same in lower case, as HTTP compares names.
PERMISSION = PERMISSION_NAME.lower()
#: Stands for a permission in commands that are copied.
PLACEHOLDER = "$SLUICE_OVERRIDE_PERMISSION"
#: The cookie of a shared link.
COOKIE = "__sluice_override"
#: Its name over https: browsers take it from this host alone, so that no host beside it plants one
#: (RFC 6265bis, 4.1.3.2). It holds the other name, which is what Envoy looks for.
HOST_COOKIE = f"__Host-{COOKIE}"


class Fault(StrEnum):
    """Why a permission does not count, the one that says least first.

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
    """What a signature vouches for. `expires_at` is in seconds since 1970; `host`, if there is one,
    is the only host name that it counts at."""

    id: str
    person: str
    worker: str
    version_id: str
    expires_at: int
    host: str = ""


TokenResult: TypeAlias = Permission | Fault
"""A permission whose signature is right, or why it cannot be used."""


@dataclass(frozen=True, slots=True)
class Protection:
    """How one Worker checks overrides. `keys` are the public halves of its signing keys, by id."""

    protected: bool = False
    keys: Mapping[str, bytes] = field(default_factory=dict, hash=False)
    revoked: frozenset[str] = frozenset()


UNPROTECTED = Protection()


@dataclass(frozen=True, slots=True)
class Presented:
    """What one request carries. `host` is in lower case, without a port; `now` in seconds."""

    header: tuple[TokenResult, ...] = ()
    cookie: TokenResult | None = None
    host: str = ""
    now: float = 0.0


NOTHING = Presented()


def fault_of(
    read: TokenResult, version_id: str, protection: Protection, presented: Presented
) -> Fault | None:
    """Why this permission does not open `version_id` here and now; None where it does."""
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
    """Why nothing that the request carries opens `version_id`: of several faults the one that says
    most. None where one permission does."""
    reads = [*presented.header, *([presented.cookie] if presented.cookie else ())]
    faults = [fault_of(read, version_id, protection, presented) for read in reads]
    if None in faults:
        return None
    return worst(fault for fault in faults if fault)


def worst(faults: Iterable[Fault]) -> Fault:
    """The fault that says most; `missing` where there is none."""
    return max(faults, key=_RANK.__getitem__, default=Fault.missing)
