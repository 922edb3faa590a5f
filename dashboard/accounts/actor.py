"""Who makes a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.accounts.models import User
from routing.control import audit


@dataclass(frozen=True, slots=True)
class Actor:
    """`source`: "dashboard", "wrangler", "api" or "shell". `actor` is None for a person with a
    shell on the machine."""

    actor: User | None
    source: str
    now: datetime

    def record(self, action: str, subject: str, *, before: Any = None, after: Any = None) -> None:
        """Adds an entry to the audit trail. Call it within the change's transaction."""
        audit.record(
            action,
            subject,
            actor=self.actor,
            source=self.source,
            now=self.now,
            before=before,
            after=after,
        )
