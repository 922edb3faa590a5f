"""What a check returns. Texts are in `dashboard.cli.doctor_messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """`error`: something does not work. `warning`: it works, but not as it should."""

    ok = "ok"
    warning = "warning"
    error = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` says what was found by the check `check`, `facts` fill in its text."""

    check: str
    code: str = "ok"
    level: Level = Level.ok
    facts: Mapping[str, object] = field(default_factory=dict)


def warning(check: str, code: str, **facts: object) -> Finding:
    return Finding(check, code, Level.warning, facts)


def error(check: str, code: str, **facts: object) -> Finding:
    return Finding(check, code, Level.error, facts)
