"""Rules and requirements as text, for pages, API and terminals."""

from __future__ import annotations

from dashboard.reviews.policies.policy import Approver, Policy, Rule, Trigger
from dashboard.reviews.policies.requirement import Match, Requirement
from dashboard.times.durations import format_duration
from routing.rules.split import format_percentage

TRIGGERS = {
    Trigger.STAGE: "stage at 0%",
    Trigger.FIRST_TRAFFIC: "first traffic",
    Trigger.ABOVE: "above {above}",
    Trigger.FULL: "to 100%",
    Trigger.BINDING: "changed binding",
    Trigger.SECRET: "changed secret",
    Trigger.COMPATIBILITY_DATE: "changed compatibility date",
}

NOTES = {
    Trigger.STAGE: "No user gets it. Overrides can test it.",
    Trigger.FIRST_TRAFFIC: "The first users get it.",
    Trigger.ABOVE: "More users get it.",
    Trigger.FULL: "Every user gets it.",
    Trigger.BINDING: "At any percentage above 0%.",
    Trigger.SECRET: "At any percentage above 0%. Values stay hidden.",
    Trigger.COMPATIBILITY_DATE: "The date or the flags, at any percentage above 0%.",
}


def trigger_words(rule: Rule) -> str:
    """ "above 50%"."""
    return TRIGGERS[rule.trigger].format(above=format_percentage(rule.above))


def match_words(match: Match) -> str:
    """ "changed binding: CARDS, DB"."""
    names = f": {', '.join(match.names)}" if match.names else ""
    return trigger_words(match.rule) + names


def approvals_words(rule: Rule) -> str:
    """ "2 approvals from admins"."""
    if not rule.approvals:
        return "no approval"
    count = f"{rule.approvals} approval{'' if rule.approvals == 1 else 's'}"
    return f"{count} from {from_words(rule)}"


def from_words(rule: Rule) -> str:
    """Whose approvals count."""
    if rule.people:
        return " or ".join(rule.people)
    return "admins" if rule.role is Approver.ADMIN else "reviewers"


def rule_words(rule: Rule) -> str:
    """One line: trigger, approvals and conditions."""
    own = "own changes too" if rule.own else "not for one's own change"
    words = f"{trigger_words(rule)}: {approvals_words(rule)}"
    if rule.approvals:
        words += f", {own}, valid for {format_duration(rule.valid_for)}"
    return words + (f", {hours_words(rule)}" if rule.hours else "")


def hours_words(rule: Rule) -> str:
    """ "mon tue 09:00–17:00 UTC"."""
    if rule.hours is None:
        return "at any hour"
    hours = rule.hours.as_json()
    return f"{' '.join(hours['days'])} {hours['from']}–{hours['until']} {hours['zone']}"


def policy_lines(policy: Policy) -> list[str]:
    """A policy for the terminal."""
    if not policy.rules:
        return ["No approvals. Every change is in the audit trail."]
    return [rule_words(rule) for rule in policy.rules]


def requirement_words(requirement: Requirement) -> str:
    """ "2 approvals from reviewers (above 50%, changed binding: DB)"."""
    if requirement.rule is None:
        return "no approval"
    why = ", ".join(map(match_words, requirement.matches))
    return f"{approvals_words(requirement.rule)} ({why})"


def saved(edit: int | None) -> str:
    """None when the same policy was saved already."""
    return f"Saved as edit {edit}." if edit else "Nothing changed."
