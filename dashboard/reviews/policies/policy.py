"""A policy and its rules as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from dashboard.times.durations import format_duration, parse_duration
from dashboard.times.hours import AllowedHours, hours_from_json
from routing.rules.split import TOTAL, format_percentage

MOST_APPROVALS = 5
MOST_RULES = 20
MOST_PEOPLE = 50
VALID_FOR = timedelta(minutes=60)
SHORTEST = timedelta(seconds=1)


class Trigger(StrEnum):
    """The change that a rule applies to. The values are part of the CLI and the API."""

    STAGE = "stage"
    FIRST_TRAFFIC = "first_traffic"
    ABOVE = "above"
    FULL = "full"
    BINDING = "binding"
    SECRET = "secret"
    COMPATIBILITY_DATE = "compatibility_date"


class Approver(StrEnum):
    """Whose approvals count: all reviewers, or admins only."""

    REVIEWER = "reviewer"
    ADMIN = "admin"


class PolicyError(ValueError):
    """An invalid policy. `field` is the name of the invalid input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Rule:
    """`above`: a weight in units of 0.001%, for `Trigger.ABOVE` only. `people`: only their
    approvals count. `own`: people may approve changes that they uploaded, deployed or requested.
    Outside `hours` an approved change waits."""

    trigger: Trigger
    approvals: int = 1
    above: int = 0
    role: Approver = Approver.REVIEWER
    people: tuple[str, ...] = ()
    own: bool = False
    valid_for: timedelta = VALID_FOR
    hours: AllowedHours | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.approvals <= MOST_APPROVALS:
            raise PolicyError("approvals", f"Write a number from 0 to {MOST_APPROVALS}.")
        if not 0 <= self.above < TOTAL:
            raise PolicyError("above", "Write a percentage from 0 to less than 100.")
        if self.above and self.trigger is not Trigger.ABOVE:
            raise PolicyError("above", f"A rule for {self.trigger.value} has no percentage.")
        if not SHORTEST <= self.valid_for:
            raise PolicyError("valid_for", "An approval lasts at least one second.")
        if len(self.people) > MOST_PEOPLE:
            raise PolicyError("people", f"A rule names at most {MOST_PEOPLE} people.")
        if self.people and len(self.people) < self.approvals:
            raise PolicyError(
                "people",
                f"{self.approvals} approvals cannot come from {len(self.people)} named people.",
            )

    @property
    def key(self) -> tuple[Trigger, int]:
        """Unique within a policy."""
        return self.trigger, self.above

    @property
    def strictness(self) -> tuple[int, bool, bool, int, timedelta]:
        """Sort key: the larger, the stricter."""
        named = MOST_PEOPLE + 1 - len(self.people) if self.people else 0
        admins = self.role is Approver.ADMIN
        return self.approvals, not self.own, admins, named, -self.valid_for

    def as_json(self) -> dict[str, Any]:
        """JSON; `rule_from_json` is the inverse."""
        return {
            "trigger": self.trigger.value,
            "above": format_percentage(self.above).rstrip("%"),
            "approvals": self.approvals,
            "role": self.role.value,
            "people": list(self.people),
            "own": self.own,
            "valid_for": format_duration(self.valid_for),
            "hours": self.hours.as_json() if self.hours else None,
        }


@dataclass(frozen=True, slots=True)
class Policy:
    """`emergency`: admins may deploy without approvals."""

    rules: tuple[Rule, ...] = ()
    emergency: bool = True

    def __post_init__(self) -> None:
        if len(self.rules) > MOST_RULES:
            raise PolicyError("rules", f"A policy has at most {MOST_RULES} rules.")
        if len({rule.key for rule in self.rules}) < len(self.rules):
            raise PolicyError("rules", "Two rules look for the same change.")

    def with_rule(self, rule: Rule) -> Policy:
        """Replaces the rule with the same key. A rule without requirements is removed."""
        others = tuple(other for other in self.rules if other.key != rule.key)
        keeps = rule.approvals > 0 or rule.hours is not None
        listed = (*others, rule) if keeps else others
        return replace(self, rules=tuple(sorted(listed, key=_order)))

    def as_json(self) -> dict[str, Any]:
        return {"rules": [rule.as_json() for rule in self.rules], "emergency": self.emergency}


NO_APPROVALS = Policy()
"""The default policy."""


def policy_from_json(data: Mapping[str, Any]) -> Policy:
    """Inverse of `as_json`. Raises `PolicyError`."""
    rules = data.get("rules", [])
    if not isinstance(rules, list):
        raise PolicyError("rules", "rules is a list.")
    return Policy(
        rules=tuple(map(rule_from_json, rules)), emergency=bool(data.get("emergency", True))
    )


def rule_from_json(data: Mapping[str, Any]) -> Rule:
    """Inverse of `Rule.as_json`. Raises `PolicyError`."""
    try:
        return Rule(
            trigger=Trigger(data["trigger"]),
            approvals=int(data["approvals"]),
            above=parse_above(str(data.get("above", "0"))),
            role=Approver(data.get("role", Approver.REVIEWER)),
            people=tuple(map(str, data.get("people", ()))),
            own=bool(data.get("own", False)),
            valid_for=_duration(str(data.get("valid_for", format_duration(VALID_FOR)))),
            hours=hours_from_json(data["hours"]) if data.get("hours") else None,
        )
    except PolicyError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError("rules", f"Not a rule: {error}.") from error


def parse_above(text: str) -> int:
    """ "12.5" → 12,500 units of 0.001%. Raises `PolicyError`."""
    try:
        weight = round(float(text.strip().rstrip("%")) * 1000)
    except (ValueError, OverflowError):
        weight = -1
    if not 0 <= weight < TOTAL:
        raise PolicyError("above", f"{text!r} is not a percentage from 0 to less than 100.")
    return weight


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise PolicyError("valid_for", str(error)) from error


_ORDER = {trigger: place for place, trigger in enumerate(Trigger)}


def _order(rule: Rule) -> tuple[int, int]:
    return _ORDER[rule.trigger], rule.above
