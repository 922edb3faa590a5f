"""Only evidence that is the request's own confirms a version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from dashboard.cloud import messages
from dashboard.cloud.proof.evidence import (
    AnswerFacts,
    Evidence,
    StoredLog,
    TailCoverage,
    TailEvent,
    TailState,
)
from dashboard.cloud.proof.hops import hop_trail
from dashboard.cloud.proof.judge import Rank, Verdict, Why, judge

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
OPEN = TailCoverage(TailState.OPEN, NOW - timedelta(minutes=5), seen=3)
ANSWER = AnswerFacts("n1", "ray1", "shop", 200, NOW)
EVENT = TailEvent("n1", "ray1", "shop", "v1", NOW, "v1.2", "ok", 200, 2.1, 48.0)
LOG = StoredLog("ray1", "shop", "v1")


def test_the_ranks():
    proved = judge(Evidence(ANSWER, OPEN, (EVENT,)))
    assert (proved.rank, proved.version_id, proved.cpu_ms) == (Rank.PROVED, "v1", 2.1)
    logged = judge(Evidence(ANSWER, OPEN, (), (LOG,), looked_in_logs=True))
    assert (logged.rank, logged.confirmed_version) == (Rank.LOGGED, "v1")
    says = judge(Evidence(replace(ANSWER, reported="v1"), OPEN))
    assert (says.rank, says.version_id, says.confirmed_version) == (Rank.SELF_REPORTED, "v1", "")
    assert judge(Evidence(ANSWER, OPEN)) == Verdict(Rank.NOT_SEEN, why=(Why.UNSEEN,))


def test_an_answer_that_names_another_version_disagrees():
    verdict = judge(Evidence(replace(ANSWER, reported="v2"), OPEN, (EVENT,)))
    assert verdict.confirmed_version == "v1" and verdict.disagrees


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, nonce="n2"),
        replace(EVENT, ray="ray2"),
        replace(EVENT, worker="auth"),
        replace(EVENT, version_id=""),
        replace(EVENT, nonce="", ray=""),
    ],
)
def test_an_event_of_another_request_proves_nothing(event):
    assert not judge(Evidence(ANSWER, OPEN, (event,))).confirmed


def test_two_versions_for_one_request_prove_neither():
    other = replace(EVENT, version_id="v2")
    verdict = judge(Evidence(ANSWER, OPEN, (EVENT, other), (LOG,)))
    assert not verdict.confirmed and Why.CONTRADICTING in verdict.why
    assert judge(Evidence(ANSWER, OPEN, (EVENT, EVENT))).rank is Rank.PROVED


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (replace(ANSWER, cache_status="HIT"), Why.CACHED),
        (replace(ANSWER, mitigated="challenge", status=403), Why.MITIGATED),
        (
            replace(ANSWER, status=302, location="https://a.cloudflareaccess.com/cdn-cgi/x"),
            Why.ACCESS_LOGIN,
        ),
        (replace(ANSWER, edge_error=True, status=522), Why.EDGE_ERROR),
        (replace(ANSWER, ray=""), Why.NO_RAY),
    ],
)
def test_what_answered_instead_of_the_worker_comes_first(answer, why):
    verdict = judge(Evidence(answer, OPEN))
    assert verdict.why[0] is why and verdict.no_worker


@pytest.mark.parametrize(
    ("coverage", "why"),
    [
        (TailCoverage(TailState.OFF), Why.TAIL_OFF),
        (TailCoverage(TailState.OPENING), Why.TAIL_OFF),
        (TailCoverage(TailState.REFUSED), Why.TAIL_REFUSED),
        (TailCoverage(TailState.FULL), Why.TAIL_FULL),
        (replace(OPEN, open_since=NOW + timedelta(seconds=1)), Why.TAIL_LATE),
        (replace(OPEN, sampled=True), Why.SAMPLED),
        (replace(OPEN, seen=0), Why.TAIL_SILENT),
        (OPEN, Why.UNSEEN),
    ],
)
def test_why_the_tail_did_not_see_it(coverage, why):
    assert judge(Evidence(ANSWER, coverage)).why == (why,)


ids = st.sampled_from(["", "n1", "n2"])
rays = st.sampled_from(["", "ray1", "ray2"])
names = st.sampled_from(["shop", "auth"])
versions = st.sampled_from(["", "v1", "v2"])
events = st.builds(TailEvent, ids, rays, names, versions, st.just(NOW))
logs = st.builds(StoredLog, rays, names, versions)
answers = st.builds(
    AnswerFacts,
    ids,
    rays,
    names,
    st.just(200),
    st.just(NOW),
    reported=versions,
    cache_status=st.sampled_from(["", "HIT", "MISS"]),
)
coverages = st.builds(
    TailCoverage,
    st.sampled_from(TailState),
    st.sampled_from([None, NOW - timedelta(hours=1), NOW + timedelta(hours=1)]),
    st.integers(0, 3),
    st.booleans(),
)
evidence = st.builds(
    Evidence,
    answers,
    coverages,
    st.lists(events, max_size=4).map(tuple),
    st.lists(logs, max_size=3).map(tuple),
    st.booleans(),
)


@given(evidence)
def test_a_confirmed_version_has_evidence_and_none_against_it(given):
    verdict, answer = judge(given), given.answer
    own = {
        e.version_id
        for e in given.events
        if (e.nonce, e.ray, e.worker) == (answer.nonce, answer.ray, answer.worker)
    } - {""}
    logged = {
        log.version_id for log in given.logs if (log.ray, log.worker) == (answer.ray, answer.worker)
    } - {""}
    if verdict.rank is Rank.PROVED:
        assert own == {verdict.version_id} and answer.ray and answer.nonce
    if verdict.rank is Rank.LOGGED:
        assert logged == {verdict.version_id} and answer.ray
        assert not (own and answer.nonce)
    if not verdict.confirmed:
        assert verdict.why and verdict.confirmed_version == ""
        assert verdict.version_id in ("", answer.reported)


@given(evidence, st.lists(events, max_size=4))
def test_events_of_other_requests_change_no_version(given, more):
    others = [e for e in more if (e.nonce, e.ray) != (given.answer.nonce, given.answer.ray)]
    with_others = replace(given, events=(*given.events, *others))
    assert judge(with_others).confirmed_version == judge(given).confirmed_version


@given(evidence, st.integers(0, 4))
def test_dropped_events_never_make_another_version(given, kept):
    """A sampled tail may confirm less, never something else."""
    fewer = judge(replace(given, events=given.events[:kept]))
    versions = {e.version_id for e in given.events} | {log.version_id for log in given.logs}
    assert fewer.confirmed_version in versions | {""}
    if judge(given).confirmed and fewer.rank is Rank.PROVED:
        assert fewer.version_id == judge(given).version_id


def test_every_reason_and_rank_has_a_text():
    assert set(messages.NOT_CONFIRMED_BECAUSE) == set(Why)
    assert set(messages.RANKS) == set(Rank)


def test_hops_by_nonce_in_the_order_they_began():
    auth = replace(EVENT, worker="auth", at=NOW + timedelta(milliseconds=3), ray="ray9")
    stranger = replace(auth, nonce="n2", worker="stranger")
    trail = hop_trail("n1", "shop", [auth, stranger, EVENT], bound=["mail", "auth"])
    assert [(hop.worker, hop.known) for hop in trail] == [
        ("shop", True),
        ("auth", True),
        ("mail", False),
    ]
    assert not hop_trail("", "shop", [replace(EVENT, nonce="")])[0].known
