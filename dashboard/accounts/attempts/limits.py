"""Limits of attempts: so many at once, then one every so often (GCRA, ITU-T I.371 annex A)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """`used_until` below is the one number to store: when all attempts would be free again."""

    name: str
    at_once: int
    every: timedelta

    def after_one(self, used_until: datetime | None, now: datetime) -> datetime:
        """`used_until` after one more attempt."""
        return max(used_until or now, now) + self.every

    def seconds_to_wait(self, used_until: datetime | None, now: datetime) -> int:
        """Until one more is allowed, rounded up; 0 when it is now."""
        excess = self.after_one(used_until, now) - now - self.at_once * self.every
        return math.ceil(excess.total_seconds()) if excess > _NONE else 0


#: Passwords from one address, whatever the names. A success gives its attempt back.
PASSWORDS_BY_ADDRESS = AttemptLimit("password by address", 20, timedelta(seconds=15))
#: Passwords for one name from addresses where that person has not signed in lately.
PASSWORDS_BY_NAME = AttemptLimit("password by name", 50, timedelta(seconds=72))
#: Codes of an authenticator app and recovery codes, by person: their password is known already.
CODES = AttemptLimit("code", 5, timedelta(minutes=1))
PASSKEYS_BY_ADDRESS = AttemptLimit("passkey by address", 10, timedelta(seconds=15))
#: Links to set a password that are not valid, by address.
LINKS_BY_ADDRESS = AttemptLimit("link by address", 20, timedelta(seconds=15))
#: Tokens of the API and of edges that open nothing, by address.
TOKENS_BY_ADDRESS = AttemptLimit("token by address", 100, timedelta(seconds=1))
