"""What a change needs under a policy. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.reviews.policies.change import Change, Part
from dashboard.reviews.policies.policy import Policy, Rule, Trigger, rule_from_json
from routing.rules.split import TOTAL


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that applies, and the names of the bindings or secrets that it matched."""

    rule: Rule
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"rule": self.rule.as_json(), "names": list(self.names)}


@dataclass(frozen=True, slots=True)
class Requirement:
    """`matches`, strictest first. The strictest rule counts."""

    matches: tuple[Match, ...] = ()

    @property
    def rule(self) -> Rule | None:
        return self.matches[0].rule if self.matches else None

    @property
    def approvals(self) -> int:
        return self.rule.approvals if self.rule else 0

    @property
    def nothing(self) -> bool:
        """Whether no rule applies."""
        return not self.matches

    def open_at(self, now: datetime) -> bool:
        """Whether every matching rule allows `now`."""
        hours = [match.rule.hours for match in self.matches]
        return all(one is None or one.include(now) for one in hours)

    def asks(self, now: datetime) -> bool:
        """Whether a deployment at `now` has to wait for approvals or for the hours."""
        return self.approvals > 0 or not self.open_at(now)

    def as_json(self) -> list[dict[str, Any]]:
        return [match.as_json() for match in self.matches]


def requirement_from_json(data: Sequence[Mapping[str, Any]]) -> Requirement:
    """Inverse of `Requirement.as_json`."""
    return Requirement(
        tuple(Match(rule_from_json(row["rule"]), tuple(row["names"])) for row in data)
    )


def required(policy: Policy, change: Change) -> Requirement:
    """What `change` needs under `policy`."""
    matches = [match for rule in policy.rules if (match := _match(rule, change.parts))]
    strictest = sorted(matches, key=lambda match: match.rule.strictness, reverse=True)
    return Requirement(tuple(strictest))


def _match(rule: Rule, parts: Sequence[Part]) -> Match | None:
    matching = [part for part in parts if _looks_for(rule, part)]
    if not matching:
        return None
    names = sorted({name for part in matching for name in _names(rule, part)})
    return Match(rule, tuple(names))


def _looks_for(rule: Rule, part: Part) -> bool:
    match rule.trigger:
        case Trigger.STAGE:
            return part.after == 0
        case Trigger.FIRST_TRAFFIC:
            return part.after > 0 and not part.before
        case Trigger.ABOVE:
            return part.after > rule.above
        case Trigger.FULL:
            return part.after == TOTAL
        case Trigger.BINDING:
            return part.after > 0 and bool(part.bindings)
        case Trigger.SECRET:
            return part.after > 0 and bool(part.secrets)
        case Trigger.COMPATIBILITY_DATE:
            return part.after > 0 and part.compatibility


def _names(rule: Rule, part: Part) -> tuple[str, ...]:
    named = {Trigger.BINDING: part.bindings, Trigger.SECRET: part.secrets}
    return named.get(rule.trigger, ())
