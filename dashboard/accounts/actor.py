"""Who makes a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, from where ("dashboard", "wrangler", "api", "shell"), when. Without an actor it is
    whoever may run commands on the machine."""

    actor: User | None
    source: str
    now: datetime
