"""Permissions for what the dashboard sends itself: playground, compare, runs, smoke checks.

They live for minutes, name the person, and are stored nowhere. Revoking them all is a new key
(`protection.rotate_key`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from dashboard.overrides import keys
from dashboard.overrides.keys import Signer
from dashboard.sending.wire_request import Lines, WireRequest
from routing.models import OverrideKey, Version
from routing.rules.header.fields import OVERRIDES, lines_named
from routing.rules.override import combine, parse, read_override
from routing.rules.permissions.permission import PERMISSION, Permission
from routing.rules.permissions.presented import MOST
from routing.secret_encryption import DecryptionFailed

log = logging.getLogger(__name__)

LASTS = timedelta(minutes=15)
"""Longer than any run sends: 1,000 requests may take ten minutes."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Signs for one person. Reads the keys of protected Workers once, and then no row any more, so
    that it can be used from any thread."""

    person: str
    now: datetime
    signers: dict[str, Signer] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, person: str, now: datetime) -> Carrier:
        """With the keys of every protected Worker."""
        rows = OverrideKey.objects.filter(worker__overrides_protected=True, retired_at=None)
        by_worker = {}
        for row in rows.select_related("worker"):
            try:
                by_worker[row.worker.name] = keys.opened(row)
            except DecryptionFailed as error:
                log.error("no permission for overrides of %s: %s", row.worker.name, error)
        return cls(person, now, by_worker)

    def carried(self, wire: WireRequest) -> WireRequest:
        """The request with what its override needs, to whatever version it is pinned later."""
        return replace(wire, complete=self.completed)

    def completed(self, lines: Lines) -> Lines:
        """The header lines with a permission for each protected Worker that the override header
        names. One that a person typed stays as it is."""
        if not self.signers or lines_named(PERMISSION, lines):
            return lines
        overrides = lines_named(OVERRIDES, lines)
        tokens = [
            self._token(name, version)
            for name in parse(combine(overrides)) or ()
            if name in self.signers and (version := read_override(overrides, name).requested)
        ]
        return (*lines, (PERMISSION, ", ".join(tokens[:MOST]))) if tokens else lines

    def permission(self, version: Version) -> str:
        """For programs that send their own requests to this version; empty where none is needed."""
        name = version.worker.name
        return self._token(name, str(version.pk)) if name in self.signers else ""

    def _token(self, worker: str, version_id: str) -> str:
        expires_at = int((self.now + LASTS).timestamp())
        permission = Permission(str(uuid4()), self.person, worker, version_id, expires_at)
        return self.signers[worker].token(permission)


def carried(wire: WireRequest, person: str, now: datetime) -> WireRequest:
    """As `Carrier.carried`, for one request."""
    return Carrier.of(person, now).carried(wire)
