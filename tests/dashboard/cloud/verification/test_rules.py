"""A deployment is live only when enough probes in a row were right."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from dashboard.cloud import messages
from dashboard.cloud.verification.rules import (
    CLEAN,
    FAST,
    IN_A_ROW,
    SLOW,
    Probe,
    ProbePlan,
    ProbeResult,
    VerificationWhy,
    is_live,
    known_until,
    plan_probes,
    right_in_a_row,
    wait_before_next,
    why_not,
)

T0 = datetime(2026, 11, 30, tzinfo=UTC)
STEP = plan_probes(["old"], ["new", "old"])
BACK = plan_probes(["new", "old"], ["old"])


def results(*rights, every=1.0):
    return [ProbeResult(T0 + timedelta(seconds=i * every), right) for i, right in enumerate(rights)]


@pytest.mark.parametrize(
    ("before", "after", "probes", "decisive"),
    [
        ([], ["new"], [Probe("", ("new",))], True),
        (["old"], ["new", "old"], [Probe("new", ("new",)), Probe("old", ("old",))], True),
        (["new", "old"], ["old"], [Probe("", ("old",)), Probe("new", ("old",))], True),
        (["new", "old"], ["new", "old"], [Probe("new", ("new",)), Probe("old", ("old",))], False),
        (
            ["a", "b"],
            ["b", "c"],
            [Probe("b", ("b",)), Probe("c", ("c",)), Probe("a", ("b", "c"))],
            True,
        ),
    ],
)
def test_probes_by_what_changed(before, after, probes, decisive):
    plan = plan_probes(before, after)
    assert list(plan.probes) == probes and plan.decisive is decisive
    assert plan.removes is bool(set(before) - set(after))


def test_live_after_enough_in_a_row():
    assert not is_live(STEP, results(*[True] * (IN_A_ROW - 1)))
    assert is_live(STEP, results(*[True] * IN_A_ROW, every=0.25))
    assert not is_live(STEP, results(*[True] * IN_A_ROW, False))
    assert is_live(STEP, results(False, *[True, None] * IN_A_ROW))
    assert not is_live(STEP, results(*[None] * 50))


def test_a_probe_whose_result_is_pending_hides_what_was_sent_after_it():
    listed = results(*[True] * 20)
    assert known_until(listed, []) == listed
    assert known_until(listed, [T0 + timedelta(seconds=9), T0 + timedelta(seconds=5)]) == listed[:5]


def test_a_roll_back_is_clean_for_thirty_seconds():
    assert not is_live(BACK, results(*[True] * 25, every=1))
    assert is_live(BACK, results(*[True] * 31, every=1))
    assert not is_live(BACK, results(*[True] * 20, False, *[True] * 29, every=1))


def test_probes_slow_down_once_only_time_is_missing():
    assert wait_before_next(results(True)) == FAST
    assert wait_before_next(results(*[True] * IN_A_ROW)) == SLOW


def test_why_it_is_not_live():
    assert why_not(results(True, False), tail_open=True) is VerificationWhy.OTHER_VERSION
    assert why_not(results(True, None), tail_open=True) is VerificationWhy.NOT_SEEN
    assert why_not([], tail_open=False) is VerificationWhy.TAIL_CLOSED
    silent = [ProbeResult(T0, None, answered=False)]
    assert why_not(silent, tail_open=True) is VerificationWhy.NO_ANSWER


def test_every_reason_has_a_text():
    assert set(messages.VERIFICATION_WHY) == set(VerificationWhy)


rights = st.lists(st.sampled_from([True, False, None]), max_size=60)
versions = st.permutations("abc").flatmap(lambda v: st.integers(1, 2).map(lambda n: v[:n]))


@given(rights, st.floats(0.1, 3), st.sampled_from([STEP, BACK]))
def test_live_means_no_wrong_answer_since_enough_right_ones(given, every, plan):
    listed = results(*given, every=every)
    if not is_live(plan, listed):
        return
    run = right_in_a_row(listed)
    assert len(run) >= IN_A_ROW and all(result.right for result in run)
    wrong = [result.sent_at for result in listed if result.right is False]
    assert all(at < run[0].sent_at for at in wrong)
    if plan.removes:
        assert run[-1].sent_at - run[0].sent_at >= CLEAN


@given(rights)
def test_more_unseen_or_wrong_probes_never_make_it_live(given):
    listed = results(*given)
    if not is_live(STEP, listed):
        for more in (None, False):
            later = ProbeResult(T0 + timedelta(hours=1), more)
            assert not is_live(STEP, [*listed, later])


@given(st.just([]) | versions, versions)
def test_a_decisive_plan_has_a_probe_that_the_deployment_before_gets_wrong(before, after):
    plan: ProbePlan = plan_probes(before, after)
    if before:
        told_apart = [p for p in plan.probes if not _answers(before, p.override) <= {*p.expected}]
        assert bool(told_apart) is plan.decisive
    for probe in plan.probes:  # and the deployment itself gets none wrong
        assert _answers(after, probe.override) <= set(probe.expected)


def _answers(deployment, override):
    """The versions that may answer: an override to one outside of the deployment is ignored."""
    return {override} if override in deployment else set(deployment)
