"""Why a call failed, by what a caller does about it."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """`UNSURE`: a write whose answer is missing; read back before it is repeated. `KEY_LOST`: the
    token cannot be decrypted, nothing was sent."""

    NOT_ALLOWED = "not_allowed"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    UNREADABLE = "unreadable"
    UNSURE = "unsure"
    OVER_BUDGET = "over_budget"
    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    KEY_LOST = "key_lost"
    MISSING = "missing"
    TAIL_FULL = "tail_full"
    SECRETS_CHANGED = "secrets_changed"
    DURABLE_OBJECTS = "durable_objects"
    REFUSED = "refused"


class CloudError(Exception):
    """`message` is fit for people and holds no secret. `wait`: seconds until a retry can work."""

    def __init__(
        self, kind: Kind, message: str, *, status: int = 0, code: int = 0, wait: float = 0.0
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.code = code
        self.wait = wait

    def __repr__(self) -> str:
        return f"CloudError({self.kind}, {self.status}, {self.code}, {self.message!r})"


def kind_of(status: int, code: int) -> Kind:
    """The kind of a refusal, which took no effect."""
    match code:
        case 10220:
            return Kind.SECRETS_CHANGED
        case 10211:
            return Kind.DURABLE_OBJECTS
        case 1000 | 9106 | 9109 | 10000:
            return Kind.FORBIDDEN
        case 10007 | 10090 | 100146:
            return Kind.MISSING
    if status in (401, 403):
        return Kind.FORBIDDEN
    return Kind.MISSING if status == 404 else Kind.REFUSED
