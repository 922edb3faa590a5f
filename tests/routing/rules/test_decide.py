"""The whole decision, step by step."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules import affinity, split
from routing.rules.decide import Reason, Target, decide, judge
from routing.rules.header.fields import OVERRIDES, VERSION_KEY
from routing.rules.override import Outcome
from routing.rules.split import TOTAL, VersionWeight

NEW, OLD, OTHER = "new-id", "old-id", "other-id"

weights = st.integers(0, TOTAL)
draws = st.floats(0, 1, exclude_max=True)
maybe_keys = st.lists(st.binary(max_size=8), max_size=2)
# Fields of every outcome, and nonsense.
fields = st.sampled_from(
    ["", "w", "w=1", f'w="{NEW}"', f'w="{OLD}"', f'w="{OTHER}"', 'w="x"', 'w="', "v", "é", "\ud800"]
) | st.text(st.characters(), max_size=8)


def target(weight=0):
    shares = (VersionWeight(NEW, weight), VersionWeight(OLD, TOTAL - weight))
    return Target("w", "d", shares, other_versions=frozenset({OTHER}))


def sent(*overrides, keys=()):
    return [("Cloudflare-Workers-Version-Overrides", value) for value in overrides] + [
        ("cloudflare-workers-VERSION-key", value) for value in keys
    ]


def steps(decision):
    return [(step.name, step.ok) for step in decision.steps]


def test_an_override_reaches_a_version_at_0_and_nothing_else_is_consulted():
    found = decide(target(0), sent(f'w="{NEW}"', keys=["alice"]), 0.5)
    assert (found.version_id, found.weight, found.reason) == (NEW, 0, Reason.override)
    assert found.override is not None
    assert found.override.outcome is Outcome.applied
    assert steps(found) == [
        (name, True) for name in ("collect", "parse", "look up", "type", "match", "apply")
    ]


@pytest.mark.parametrize(
    ("field", "outcome", "stops_at"),
    [
        ("", "absent", "collect"),
        ("w=", "invalid_header", "parse"),
        (f'v="{NEW}"', "not_addressed", "look up"),
        (f"w={NEW}", "not_a_string", "type"),
        (f'w="{NEW.upper()}"', "unknown_version", "match"),
        (f'w="{OTHER}"', "not_in_deployment", "match"),
    ],
)
def test_an_override_that_does_not_apply_stops_at_its_step_and_leaves_the_draw(
    field, outcome, stops_at
):
    found = decide(target(25_000), sent(field), 0.9)
    assert (found.version_id, found.weight, found.reason) == (OLD, 75_000, Reason.percentage)
    assert found.override is not None
    assert found.override.outcome == outcome
    names = [step.name for step in found.steps]
    assert names[-3:] == [stops_at, "key", "draw"]
    assert [name for name, ok in steps(found) if not ok] == [stops_at, "key"]


def test_without_the_header_there_is_no_override_to_speak_of():
    found = decide(target(), [("x-other", "1")], 0)
    assert found.override is None
    assert steps(found) == [("collect", False), ("key", False), ("draw", True)]


def test_a_key_decides_before_the_draw():
    found = decide(target(70_000), sent(keys=["alice"]), 0.99)  # her point is 69289
    assert (found.version_id, found.reason) == (NEW, Reason.affinity)
    assert found.steps[-1].facts == {"point": 69_289, "total": TOTAL}
    assert decide(target(69_289), sent(keys=["alice"]), 0).version_id == OLD


def test_a_key_decides_also_where_one_version_has_everything():
    only = Target("w", "d", (VersionWeight(NEW, TOTAL),))
    assert decide(only, sent(keys=["alice"]), 0).reason is Reason.affinity
    assert decide(only, [], 0.99).reason is Reason.percentage


def test_a_blank_key_leaves_the_draw():
    found = decide(target(50_000), sent(keys=[" "]), 0.9)
    assert (found.version_id, found.reason) == (OLD, Reason.percentage)


def test_header_names_are_found_in_any_case_and_values_may_be_bytes():
    for name in (OVERRIDES, OVERRIDES.upper()):
        assert decide(target(), [(name, f'w="{NEW}"'.encode())], 0).reason is Reason.override
    assert decide(target(), [(VERSION_KEY.title(), b"\xe9")], 0).reason is Reason.affinity


def test_a_draw_that_is_none_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="draw"):
        decide(target(), [], 1)


@settings(max_examples=60, deadline=None)
@given(weights, st.lists(fields, max_size=2), maybe_keys, draws)
def test_a_decision_is_always_a_version_of_the_deployment(weight, overrides, keys, draw):
    here = target(weight)
    found = decide(here, sent(*overrides, keys=keys), draw)
    assert found.weight == here.weight(found.version_id)
    assert (found.reason is Reason.override) == (found.steps[-1].name == "apply")
    assert (found.override is None) == (not overrides)


@settings(max_examples=40, deadline=None)
@given(fields, maybe_keys, draws)
def test_a_version_at_0_is_reached_by_override_only(field, keys, draw):
    found = decide(target(0), sent(field, keys=keys), draw)
    assert found.version_id == OLD or found.reason is Reason.override


@settings(max_examples=60, deadline=None)
@given(weights, fields, maybe_keys, draws)
def test_an_override_that_does_not_apply_is_as_good_as_none(weight, field, keys, draw):
    with_header = decide(target(weight), sent(field, keys=keys), draw)
    without = decide(target(weight), sent(keys=keys), draw)
    if with_header.reason is not Reason.override:
        assert (with_header.version_id, with_header.reason) == (without.version_id, without.reason)


@settings(max_examples=40, deadline=None)
@given(weights, maybe_keys, draws)
def test_the_choice_is_that_of_affinity_or_of_the_draw(weight, keys, draw):
    shares = target(weight).shares
    expected = affinity.pick(keys, shares) or split.pick(shares, draw)
    assert decide(target(weight), sent(keys=keys), draw).version_id == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(fields, max_size=2), draws)
def test_the_edge_and_the_explanation_judge_alike(overrides, draw):
    judged = judge(target(), overrides)
    explained = decide(target(), sent(*overrides), draw).override
    if explained is None:
        assert judged.outcome is Outcome.absent
    else:
        assert (judged.outcome, judged.requested) == (explained.outcome, explained.requested)
