"""The policy form: one row for each trigger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dashboard.reviews.policies import messages
from dashboard.reviews.policies.policy import (
    VALID_FOR,
    Approver,
    Policy,
    PolicyError,
    Rule,
    Trigger,
    parse_above,
)
from dashboard.times.durations import format_duration, parse_duration
from dashboard.times.hours import format_hours, parse_hours
from routing.rules.split import format_percentage

ICONS = {
    Trigger.STAGE: "plus",
    Trigger.FIRST_TRAFFIC: "trending-up",
    Trigger.ABOVE: "chevrons-up",
    Trigger.FULL: "circle-check",
    Trigger.BINDING: "plug",
    Trigger.SECRET: "key-round",
    Trigger.COMPATIBILITY_DATE: "calendar",
}
ABOVE_DEFAULTS = (10_000, 50_000)
"""Rows *above N%* of a policy without such a rule."""
CHOICES = (0, 1, 2, 3)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One row. `approvals` may be larger than the choices."""

    index: int
    trigger: Trigger
    icon: str
    words: str
    note: str
    above: str
    approvals: int
    choices: Sequence[int]
    role: str
    people: str
    own: bool
    valid_for: str
    hours: str
    error: str = ""

    @property
    def is_above(self) -> bool:
        return self.trigger is Trigger.ABOVE

    @property
    def details(self) -> bool:
        """Whether a detail differs from the defaults: the row starts open."""
        plain = (self.role, self.people, self.own, self.hours)
        changed = plain != ("reviewer", "", False, "any")
        return changed or self.valid_for != format_duration(VALID_FOR)


def rows_of(policy: Policy) -> list[RuleRow]:
    """A row for each rule, and for each trigger without one."""
    return [_row(index, rule) for index, rule in enumerate(_all_rules(policy))]


def policy_of(sent: Mapping[str, str], emergency: bool) -> Policy:
    """The policy in the form. Raises `PolicyError`; its field ends with the row's number."""
    policy = Policy(emergency=emergency)
    for index in range(_count(sent)):
        rule = _rule(sent, index)
        if any(rule.key == other.key for other in policy.rules):
            raise PolicyError(f"above-{index}", "Another row has this percentage.")
        policy = policy.with_rule(rule)
    return policy


def typed_rows(sent: Mapping[str, str], error: PolicyError) -> list[RuleRow]:
    """The rows as submitted, with the error in its row."""
    name, _, number = error.field.rpartition("-")
    wrong = int(number) if number.isdecimal() and name else -1
    return [
        _typed(sent, index, str(error) if index == wrong else "") for index in range(_count(sent))
    ]


def _all_rules(policy: Policy) -> list[Rule]:
    have = {rule.trigger for rule in policy.rules}
    rules = list(policy.rules)
    rules += [Rule(t, 0) for t in Trigger if t not in have and t is not Trigger.ABOVE]
    if Trigger.ABOVE not in have:
        rules += [Rule(Trigger.ABOVE, 0, above=above) for above in ABOVE_DEFAULTS]
    order = list(Trigger)
    return sorted(rules, key=lambda rule: (order.index(rule.trigger), rule.above))


def _row(index: int, rule: Rule) -> RuleRow:
    return RuleRow(
        index=index,
        trigger=rule.trigger,
        icon=ICONS[rule.trigger],
        words=_sentence(messages.trigger_words(rule)),
        note=messages.NOTES[rule.trigger],
        above=format_percentage(rule.above).rstrip("%"),
        approvals=rule.approvals,
        choices=(*CHOICES, rule.approvals) if rule.approvals > max(CHOICES) else CHOICES,
        role=rule.role.value,
        people=", ".join(rule.people),
        own=rule.own,
        valid_for=format_duration(rule.valid_for),
        hours=format_hours(rule.hours),
    )


def _rule(sent: Mapping[str, str], index: int) -> Rule:
    typed = _typed(sent, index, "")
    is_above = typed.trigger is Trigger.ABOVE
    try:
        return Rule(
            trigger=typed.trigger,
            approvals=typed.approvals,
            above=_parsed("above", parse_above, typed.above) if is_above else 0,
            role=Approver(typed.role),
            people=tuple(filter(None, (name.strip() for name in typed.people.split(",")))),
            own=typed.own,
            valid_for=_parsed("valid_for", parse_duration, typed.valid_for),
            hours=_parsed("hours", parse_hours, typed.hours),
        )
    except PolicyError as error:
        raise PolicyError(f"{error.field}-{index}", str(error)) from error


def _typed(sent: Mapping[str, str], index: int, error: str) -> RuleRow:
    def text(name: str, default: str = "") -> str:
        return sent.get(f"{name}-{index}", default).strip()[:500]

    try:
        trigger, role = Trigger(text("trigger")), Approver(text("role", "reviewer"))
    except ValueError as wrong:
        raise PolicyError("rules", "The form is not complete. Open the page again.") from wrong
    approvals = text("approvals", "0")
    number = int(approvals) if approvals.isdecimal() and len(approvals) < 3 else 99
    above = text("above", "0")
    words = f"above {above}%" if trigger is Trigger.ABOVE else messages.TRIGGERS[trigger]
    return RuleRow(
        index=index,
        trigger=trigger,
        icon=ICONS[trigger],
        words=_sentence(words),
        note=messages.NOTES[trigger],
        above=above,
        approvals=number,
        choices=(*CHOICES, number) if number > max(CHOICES) else CHOICES,
        role=role.value,
        people=text("people"),
        own=bool(text("own")),
        valid_for=text("valid_for", format_duration(VALID_FOR)),
        hours=text("hours", "any") or "any",
        error=error,
    )


def _parsed(field: str, parse: Callable[[str], Value], text: str) -> Value:
    try:
        return parse(text)
    except PolicyError:
        raise
    except ValueError as error:
        raise PolicyError(field, str(error)) from error


def _count(sent: Mapping[str, str]) -> int:
    text = sent.get("rows", "")
    count = int(text) if text.isdecimal() and len(text) < 3 else 0
    if not 1 <= count <= 40:
        raise PolicyError("rules", "The form is not complete. Open the page again.")
    return count


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class PolicyForm:
    rows: list[RuleRow]
    emergency: bool


def form_of(policy: Policy) -> PolicyForm:
    """The form of a saved policy."""
    return PolicyForm(rows_of(policy), policy.emergency)
