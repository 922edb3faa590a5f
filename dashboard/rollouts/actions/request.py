"""An action on a rollout as it is requested, and why it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import User


class ActionRefused(Exception):
    """The action is not possible in this state. `code` is `state`, `step`, `same`, `unknown_step`,
    `review`, or `person` for an action that API tokens may not take."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """Who acts, from where, when, and why. `by_token`: with an API token. `to` is the target share
    of a step, in units of 0.001%; None for the next step."""

    user: User | None
    source: str
    now: datetime
    reason: str = ""
    by_token: bool = False
    to: int | None = None
