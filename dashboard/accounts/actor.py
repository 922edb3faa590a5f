"""Who makes a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """`source`: "dashboard", "wrangler", "api" or "shell". `actor` is None for a person with a
    shell on the machine."""

    actor: User | None
    source: str
    now: datetime
