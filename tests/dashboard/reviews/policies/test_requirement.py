"""What a change needs: the strictest matching rule counts, and a way back needs nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.reviews.policies.change import Change, Part, VersionFacts, change_between
from dashboard.reviews.policies.policy import (
    Approver,
    Policy,
    PolicyError,
    Rule,
    Trigger,
    parse_above,
    policy_from_json,
)
from dashboard.reviews.policies.requirement import required
from dashboard.times.hours import parse_hours
from routing.rules.lineage import Member, lineage
from routing.rules.split import TOTAL

STABLE = VersionFacts("s", 1, {"DB": "a"}, {"KEY": "1"}, "2026-08-01")
CANDIDATE = replace(STABLE, id="c", number=2)
LIVE = lineage([[Member(1, TOTAL)]])


def rising(before: int | None, after: int, **differs: object) -> Change:
    return Change((Part("c", 2, before, after, **differs),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trigger", "change", "matches"),
    [
        (Trigger.STAGE, rising(None, 0), True),
        (Trigger.STAGE, rising(None, 1), False),
        (Trigger.FIRST_TRAFFIC, rising(0, 1), True),
        (Trigger.FIRST_TRAFFIC, rising(None, 1), True),
        (Trigger.FIRST_TRAFFIC, rising(1_000, 2_000), False),
        (Trigger.FIRST_TRAFFIC, rising(None, 0), False),
        (Trigger.FULL, rising(50_000, TOTAL), True),
        (Trigger.FULL, rising(50_000, TOTAL - 1), False),
        (Trigger.BINDING, rising(0, 1, bindings=("DB",)), True),
        (Trigger.BINDING, rising(None, 0, bindings=("DB",)), False),
        (Trigger.BINDING, rising(0, 1, secrets=("KEY",)), False),
        (Trigger.SECRET, rising(0, 1, secrets=("KEY",)), True),
        (Trigger.COMPATIBILITY_DATE, rising(0, 1, compatibility=True), True),
        (Trigger.COMPATIBILITY_DATE, rising(0, 1), False),
    ],
)
def test_each_trigger_and_its_boundary(trigger: Trigger, change: Change, matches: bool) -> None:
    assert required(Policy((Rule(trigger),)), change).nothing is not matches


@pytest.mark.parametrize(
    ("above", "to", "matches"),
    [("0", 1, True), ("0", 0, False), ("50", 50_000, False), ("50", 50_001, True)],
)
def test_above_is_exclusive(above: str, to: int, matches: bool) -> None:
    policy = Policy((Rule(Trigger.ABOVE, above=parse_above(above)),))
    assert required(policy, rising(0 if to else None, to)).nothing is not matches


def test_the_strictest_matching_rule_counts() -> None:
    one, two = Rule(Trigger.ABOVE), Rule(Trigger.ABOVE, 2, above=50_000)
    policy = Policy((one, two))
    assert required(policy, rising(0, 10_000)).rule == one
    assert required(policy, rising(10_000, TOTAL)).rule == two


@pytest.mark.parametrize(
    "stricter",
    [
        {"approvals": 2, "own": True},
        {"own": False},
        {"role": Approver.ADMIN, "own": True},
        {"people": ("jonas", "ada"), "own": True},
        {"valid_for": timedelta(minutes=5), "own": True},
    ],
)
def test_at_equal_approvals_fewer_approvers_are_stricter(stricter: dict[str, object]) -> None:
    strict = replace(Rule(Trigger.FULL, own=True), **stricter)  # type: ignore[arg-type]
    policy = Policy((Rule(Trigger.ABOVE, own=True), strict))
    assert required(policy, rising(0, TOTAL)).rule == strict


def test_names_say_what_made_a_rule_match() -> None:
    changed = rising(0, 1, bindings=("DB", "KV"))
    (match,) = required(Policy((Rule(Trigger.BINDING),)), changed).matches
    assert match.names == ("DB", "KV")


def test_a_change_is_what_differs_from_stable() -> None:
    candidate = replace(
        CANDIDATE, bindings={"KV": "b"}, secrets={"KEY": "2"}, compatibility="2026-09-01"
    )
    after = [(candidate, 10_000), (STABLE, 90_000)]
    (part,) = change_between([(STABLE, TOTAL)], after, LIVE).parts
    assert part == Part("c", 2, None, 10_000, ("DB", "KV"), ("KEY",), True)


SPLIT = [(CANDIDATE, 20_000), (STABLE, 80_000)]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([(STABLE, TOTAL)], id="roll back"),
        pytest.param([(CANDIDATE, 5_000), (STABLE, 95_000)], id="step down"),
        pytest.param([(CANDIDATE, 0), (STABLE, TOTAL)], id="to 0%"),
    ],
)
def test_the_way_back_needs_nothing(after: list[tuple[VersionFacts, int]]) -> None:
    history = lineage([[Member(1, TOTAL)], [Member(2, 20_000), Member(1, 80_000)]])
    assert change_between(SPLIT, after, history) == Change()


def test_an_older_version_that_never_had_everything_is_no_way_back() -> None:
    never, live = VersionFacts("n", 1), VersionFacts("l", 2)
    history = lineage([[Member(2, TOTAL)]])
    (part,) = change_between([(live, TOTAL)], [(never, TOTAL)], history).parts
    assert part.after == TOTAL
    before = lineage([[Member(1, TOTAL)], [Member(2, TOTAL)]])
    assert change_between([(live, TOTAL)], [(never, TOTAL)], before) == Change()


def test_a_version_that_is_stable_only_beside_another_new_one_is_no_way_back() -> None:
    one, other = VersionFacts("o", 2), VersionFacts("n", 3)
    both = [Member(2, TOTAL // 2), Member(3, TOTAL // 2)]
    before = [(one, TOTAL // 2), (other, TOTAL // 2)]
    after_stable = lineage([[Member(1, TOTAL)], both])
    (part,) = change_between(before, [(one, TOTAL)], after_stable).parts
    assert (part.number, part.after) == (2, TOTAL)
    first_split = lineage([both])
    assert change_between(before, [(one, TOTAL)], first_split) == Change()


def test_a_rolled_back_version_is_forward_again_even_behind_a_newer_one_at_zero() -> None:
    rolled_back, stable, staged = (VersionFacts(str(n), n) for n in (2, 1, 3))
    history = lineage(
        [
            [Member(1, TOTAL)],
            [Member(2, TOTAL)],
            [Member(1, TOTAL)],
            [Member(3, 0), Member(1, TOTAL)],
        ]
    )
    before = [(staged, 0), (stable, TOTAL)]
    assert change_between(before, [(rolled_back, TOTAL)], history).parts


def test_a_first_deployment_is_first_traffic() -> None:
    (part,) = change_between([], [(STABLE, TOTAL)], None).parts
    assert (part.before, part.after, part.bindings) == (None, TOTAL, ())


def test_hours_alone_wait_for_the_hour() -> None:
    rule = Rule(Trigger.ABOVE, 0, hours=parse_hours("mon-fri 09:00-17:00"))
    requirement = required(Policy((rule,)), rising(0, TOTAL))
    assert not requirement.asks(datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert requirement.asks(datetime(2026, 11, 29, 12, tzinfo=UTC))


def test_a_policy_comes_back_from_its_json() -> None:
    rule = Rule(
        Trigger.ABOVE,
        2,
        above=12_500,
        role=Approver.ADMIN,
        people=("ada", "jonas"),
        own=True,
        valid_for=timedelta(minutes=90),
        hours=parse_hours("mon-wed,sat 09:00-17:30 Europe/Berlin"),
    )
    policy = Policy((Rule(Trigger.STAGE), rule), emergency=False)
    assert policy_from_json(policy.as_json()) == policy


def test_a_rule_replaces_the_one_for_the_same_change_and_none_removes_it() -> None:
    policy = Policy().with_rule(Rule(Trigger.ABOVE)).with_rule(Rule(Trigger.ABOVE, 3))
    assert [rule.approvals for rule in policy.rules] == [3]
    assert policy.with_rule(Rule(Trigger.ABOVE, 0)) == Policy()


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("approvals", {"approvals": 6}),
        ("approvals", {"approvals": -1}),
        ("above", {"above": TOTAL}),
        ("above", {"trigger": Trigger.FULL, "above": 5}),
        ("valid_for", {"valid_for": timedelta(0)}),
        ("people", {"approvals": 2, "people": ("ada",)}),
    ],
)
def test_a_wrong_rule_names_its_field(field: str, given: dict[str, object]) -> None:
    with pytest.raises(PolicyError) as refused:
        Rule(**({"trigger": Trigger.ABOVE} | given))  # type: ignore[arg-type]
    assert refused.value.field == field
