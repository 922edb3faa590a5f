"""Late and sampled counts: what they may be judged as. Pure."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from dashboard.cloud.provider.values import MinuteCount, MinuteCounts
from dashboard.rollouts.decisions.plan import Rule
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.remote.judgments import Counted, Logged, figures_of, judgments
from routing.rules.split import TOTAL
from tests.dashboard.rollouts.playbook import plan_of

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = plan_of("10:5m,100", min_sample=100, min_callers=0)


def counted(rows, *, as_of=NOON + 20 * MINUTE, covers=NOON + 5 * MINUTE, **more):
    counts = MinuteCounts(NOON, as_of, tuple(rows))
    return Counted(counts, "new", "old", covers, **more)


def minutes(n, new=100, old=900, failing=0, interval=1.0, start=0):
    """`n` minutes in which both versions had requests."""
    rows = []
    for i in range(start, start + n):
        at = NOON + i * MINUTE
        rows.append(MinuteCount("new", at, new, failing, interval))
        rows.append(MinuteCount("old", at, old, 0, interval))
    return rows


def verdicts(given, now, rule=Rule.SAMPLE, weight=10_000, plan=PLAN):
    return {j.name: (j.verdict, j.code) for j in judgments(given, plan, rule, weight, now)}


def test_enough_requests_past_the_bake_time_are_safe():
    found = verdicts(counted(minutes(20)), NOON + 22 * MINUTE)
    assert found["errors"] == (Verdict.SAFE, "sample")
    assert found["limit"] == (Verdict.SAFE, "within_the_limit")
    assert found["server_errors"] == (Verdict.SAFE, "no_logs")


def test_counts_that_do_not_reach_past_the_bake_time_are_not_yet():
    early = counted(minutes(4), as_of=NOON + 4 * MINUTE)
    found = verdicts(early, NOON + 6 * MINUTE)
    assert found["errors"] == (Verdict.NOT_YET, "figures_not_covering")
    assert verdicts(early, NOON + 6 * MINUTE, Rule.CHECKS)["errors"][0] is Verdict.NOT_YET


def test_missing_minutes_look_like_no_traffic_so_nothing_is_safe():
    """The API answers, up to two minutes ago by our clock, but its rows end earlier: late."""
    late = counted(minutes(4), as_of=NOON + 12 * MINUTE)
    for rule in Rule:
        found = verdicts(late, NOON + 14 * MINUTE, rule)
        assert found["errors"] == found["limit"] == (Verdict.CANNOT_JUDGE, "figures_late")


@pytest.mark.parametrize("rule", list(Rule))
def test_without_any_row_nothing_is_safe(rule):
    for after in (1, 5, 30):
        empty = counted((), as_of=NOON + after * MINUTE)
        found = verdicts(empty, NOON + (after + 2) * MINUTE, rule)
        assert found["errors"][0] is not Verdict.SAFE and found["limit"][0] is not Verdict.SAFE


def test_an_old_answer_cannot_be_judged():
    found = verdicts(counted(minutes(20)), NOON + 40 * MINUTE)
    assert found["errors"] == (Verdict.CANNOT_JUDGE, "figures_late")


def test_without_permission_nothing_can_be_judged():
    blind = Counted(None, "new", "old", NOON, problem="counts_forbidden")
    found = verdicts(blind, NOON)
    assert found["errors"] == found["limit"] == (Verdict.CANNOT_JUDGE, "counts_forbidden")


def test_statistics_use_counted_requests_not_the_estimate():
    sampled = counted(minutes(20, new=1000, old=9000, failing=0, interval=1000.0))
    figures = figures_of(sampled)
    assert figures.candidate == (20, 0) and figures.stable == (180, 0)
    [errors, *_] = judgments(sampled, PLAN, Rule.SAMPLE, 10_000, NOON + 22 * MINUTE)
    assert (errors.verdict, errors.code) == (Verdict.NOT_YET, "too_few_requests")
    assert errors.facts["sampled"] and errors.facts["requests"] == 20


def test_harm_is_valid_at_any_look_also_in_late_counts():
    late = counted(minutes(4, failing=50), as_of=NOON + 12 * MINUTE)
    assert verdicts(late, NOON + 14 * MINUTE)["errors"][0] is Verdict.HARM


def test_5xx_are_judged_by_stored_logs_only():
    logged = Logged((500, 100), (4500, 9), NOON + 20 * MINUTE)
    found = verdicts(counted(minutes(20), logged=logged), NOON + 22 * MINUTE)
    assert found["errors"][0] is Verdict.SAFE
    assert found["server_errors"] == (Verdict.HARM, "more_5xx")


def test_logs_that_end_before_the_bake_time_are_not_yet():
    logged = Logged((500, 0), (4500, 9), NOON + 4 * MINUTE)
    found = verdicts(counted(minutes(20), logged=logged), NOON + 22 * MINUTE)
    assert found["server_errors"][0] is Verdict.NOT_YET


def test_at_100_percent_only_the_limit_is_judged():
    found = verdicts(counted(minutes(20, old=0)), NOON + 22 * MINUTE, weight=TOTAL)
    assert list(found) == ["limit"]


@given(
    late=st.integers(0, 60),
    bake=st.integers(0, 20),
    n=st.integers(0, 30),
    rule=st.sampled_from(Rule),
)
@settings(max_examples=150, deadline=None)
def test_safe_needs_counts_past_the_bake_time(late, bake, n, rule):
    """Whatever is missing at the end, a step is never safe before its counts cover it."""
    seen = counted(minutes(n, start=0), as_of=NOON + 30 * MINUTE, covers=NOON + bake * MINUTE)
    found = verdicts(seen, NOON + (30 + late) * MINUTE, rule)
    if any(
        verdict is Verdict.SAFE for name, (verdict, _) in found.items() if name != "server_errors"
    ):
        assert n >= bake and n > 0 and 30 - n <= 5 and late <= 5


def test_sampling_raises_no_false_alarm():
    """No harm in 200 sampled rollouts with equal failure rates, looked at each minute; at most 5%
    alarm at an α of 1% over three rules."""
    random, alarms = Random(20261130), 0
    for _ in range(200):
        rows = []
        for i in range(15):
            at = NOON + i * MINUTE
            new = sum(random.random() < 0.02 for _ in range(20))
            old = sum(random.random() < 0.02 for _ in range(180))
            rows.append(MinuteCount("new", at, 2000, new * 100, 100.0))
            rows.append(MinuteCount("old", at, 18_000, old * 100, 100.0))
            seen = counted(rows, as_of=at + MINUTE)
            if verdicts(seen, at + 3 * MINUTE)["errors"][0] is Verdict.HARM:
                alarms += 1
                break
    assert alarms <= 10
