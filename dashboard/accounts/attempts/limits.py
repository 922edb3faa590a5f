"""Limits of sign-in attempts: a burst, then one every interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.gcra import consume


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """`used_until` is the one value to store: when all attempts are free again."""

    name: str
    at_once: int
    every: timedelta

    def after_one(self, used_until: datetime | None, now: datetime) -> datetime:
        """`used_until` after one more attempt."""
        return max(used_until or now, now) + self.every

    def seconds_to_wait(self, used_until: datetime | None, now: datetime) -> int:
        """Until one more attempt is allowed, rounded up; 0 when it is now."""
        backlog = ((used_until or now) - now).total_seconds()
        interval = self.every.total_seconds()
        wait, _ = consume(backlog, interval=interval, burst=self.at_once)
        return math.ceil(wait)


#: Passwords from one address, for any names. A success gives its attempt back.
PASSWORDS_BY_ADDRESS = AttemptLimit("password by address", 20, timedelta(seconds=15))
#: Passwords for one name from addresses where that person has not signed in lately.
PASSWORDS_BY_NAME = AttemptLimit("password by name", 50, timedelta(seconds=72))
#: Codes of an authenticator app and recovery codes, by person, after the password.
CODES = AttemptLimit("code", 5, timedelta(minutes=1))
PASSKEYS_BY_ADDRESS = AttemptLimit("passkey by address", 10, timedelta(seconds=15))
#: Invalid links to set a password, by address.
LINKS_BY_ADDRESS = AttemptLimit("link by address", 20, timedelta(seconds=15))
#: Invalid tokens of the API and of edges, by address.
TOKENS_BY_ADDRESS = AttemptLimit("token by address", 100, timedelta(seconds=1))
