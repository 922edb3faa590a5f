"""Who asks something of a rollout, and the refusal of what makes no sense in its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import User


class ActionRefused(Exception):
    """The rollout is in a state in which this makes no sense. `code` is `state`, `step`, `same`,
    `unknown_step`, `review` or, for what only a person may do, `person`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, from where, when, and why; `by_token` is for API tokens. `to` is the share that
    Step goes to, in units of 0.001%; None for the next one."""

    user: User | None
    source: str
    now: datetime
    reason: str = ""
    by_token: bool = False
    to: int | None = None
