"""What answers from outside mean: Prometheus, webhooks, re-checks, and what a breach does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.rollouts.decisions.breaches import deciding, with_breaches
from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.states import OnHarm, State, Verdict
from dashboard.rollouts.external_guardrails.prometheus import (
    fill_variables,
    reading_of,
    url_of,
    window_of,
)
from dashboard.rollouts.external_guardrails.terms import (
    Comparison,
    ExternalTerms,
    OnBreach,
    PrometheusTerms,
    WebhookTerms,
)
from dashboard.rollouts.external_guardrails.verdict_answer import AnswerInvalid, verdict_of
from dashboard.rollouts.external_guardrails.verdicts import (
    Reading,
    Recheck,
    judge_rechecks,
    judge_source,
)
from tests.dashboard.rollouts.playbook import NOON, NOT_YET, SAFE, plan_of, play

TERMS = PrometheusTerms("p99", "latency", limit=0.3, lasting=timedelta(minutes=1))
MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - timedelta(hours=1)


def answer(values: list[Any], *, ago: float = 0, step: float = 2) -> str:
    """A range whose last sample is `ago` seconds before noon."""
    last = NOON.timestamp() - ago
    first = last - step * (len(values) - 1)
    pairs = [[first + i * step, str(value)] for i, value in enumerate(values)]
    result = [{"metric": {}, "values": pairs}]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def read(text: str, terms: PrometheusTerms = TERMS, status: int = 200) -> Reading:
    window = window_of(terms, LONG_AGO, NOON)
    return reading_of(terms, window, "d1", status, text)


@pytest.mark.parametrize(
    ("values", "verdict", "code"),
    [
        ([0.1] * 31, Verdict.SAFE, "prometheus_within"),
        ([0.9] * 30 + [0.3], Verdict.SAFE, "prometheus_within"),
        ([0.9] * 31, Verdict.HARM, "prometheus_breached"),
        ([0.1] * 20 + [0.9] * 11, Verdict.NOT_YET, "prometheus_breach_began"),
        (["+Inf"] * 31, Verdict.HARM, "prometheus_breached"),
        ([0.1] * 30 + ["NaN"], Verdict.CANNOT_JUDGE, "prometheus_no_data"),
    ],
)
def test_a_breach_has_to_last(values: list[Any], verdict: Verdict, code: str) -> None:
    reading = read(answer(values))
    assert (reading.verdict, reading.code) == (verdict, code)
    json.dumps(reading.facts, allow_nan=False)


def test_a_gap_ends_a_breach() -> None:
    text = json.loads(answer([0.9] * 31))
    del text["data"]["result"][0]["values"][10:20]
    assert read(json.dumps(text)).code == "prometheus_breach_began"


def test_a_limit_may_be_a_floor() -> None:
    terms = replace(TERMS, comparison=Comparison.AT_LEAST, lasting=timedelta(0))
    assert read(answer([0.29]), terms).verdict is Verdict.HARM
    assert read(answer([0.3]), terms).verdict is Verdict.SAFE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"status": "success", "data": {"result": []}}', "prometheus_no_data"),
        (json.dumps({"status": "success", "data": {"result": [{}, {}]}}), "prometheus_many_series"),
        ('{"status": "error", "error": "parse error"}', "prometheus_refused"),
        ("<html>", "prometheus_unreadable"),
        ("[]", "prometheus_unreadable"),
        ('{"status": "success", "data": {"result": [{"values": [["x", "1"]]}]}}', "unreadable"),
        ('{"status": "success", "data": {"result": [{"values": [[1e300, "1"]]}]}}', "unreadable"),
        (answer([0.1], ago=90), "prometheus_late"),
    ],
)
def test_what_has_no_usable_data_cannot_be_judged(text: str, code: str) -> None:
    reading = read(text)
    assert reading.verdict is Verdict.CANNOT_JUDGE
    assert reading.code.endswith(code)


def test_a_query_is_about_this_share_only() -> None:
    window = window_of(TERMS, NOON - timedelta(seconds=10), NOON)
    assert window.start == NOON - timedelta(seconds=10)
    assert read(answer([0.9] * 6)).code == "prometheus_breach_began"
    url = url_of("http://h:9090/", 'x{v="1"} > 2', window)
    assert url.startswith("http://h:9090/api/v1/query_range?query=x%7Bv%3D%221%22%7D")


def test_ids_of_the_rollout_are_put_into_the_query() -> None:
    values = {"worker": "shop", "candidate": "c", "stable": "s", "deployment": "d"}
    query = 'r{v="$candidate",w=~"^$worker$"} / r{v="$stable"} + $other'
    assert fill_variables(query, values) == 'r{v="c",w=~"^shop$"} / r{v="s"} + $other'


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_webhook_answers_with_one_of_four_verdicts(verdict: Verdict) -> None:
    text = json.dumps({"verdict": verdict.value, "reason": "two\nlines", "more": 1})
    assert verdict_of(200, text).verdict is verdict
    assert verdict_of(201, text).reason == "two lines"


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (200, "", "not JSON"),
        (200, "[" * 100_000, "not JSON"),
        (200, '{"verdict": "fine"}', "no verdict"),
        (200, '{"verdict": ["safe"]}', "no verdict"),
        (200, '["safe"]', "no verdict"),
        (200, '{"verdict": "safe", "reason": {}}', "not text"),
        (204, "", "not JSON"),
        (302, '{"verdict": "safe"}', "redirects are not followed"),
        (500, '{"verdict": "safe"}', "answered 500"),
    ],
)
def test_any_other_answer_is_no_verdict(status: int, text: str, words: str) -> None:
    with pytest.raises(AnswerInvalid, match=words):
        verdict_of(status, text)
    with pytest.raises(AnswerInvalid, match="more than 16 kB"):
        verdict_of(200, '{"verdict": "safe"}', truncated=True)


HOOK = WebhookTerms("crm", "http://h/", every=timedelta(seconds=10))


def reading(about: float = 0, deployment: str = "d1") -> Reading:
    return Reading(deployment, NOON - timedelta(seconds=about), Verdict.SAFE, "webhook_safe")


@pytest.mark.parametrize(
    ("given", "live_for", "code"),
    [
        (None, 10, "source_pending"),
        (None, 60, "source_silent"),
        (reading(deployment="d0"), 10, "source_pending"),
        (reading(about=5), 60, "webhook_safe"),
        (reading(about=70), 600, "source_late"),
    ],
)
def test_an_answer_counts_for_its_share_and_for_a_while(
    given: Reading | None, live_for: float, code: str
) -> None:
    judged = judge_source(HOOK, given, "d1", NOON - timedelta(seconds=live_for), NOON)
    assert judged.code == code
    assert (judged.verdict is Verdict.SAFE) == (code == "webhook_safe")


@pytest.mark.parametrize(
    ("newest", "live_for", "code"),
    [
        (None, 1, "recheck_pending"),
        (None, 10, "recheck_late"),
        (Recheck("passed", NOON - MINUTE), 10, "recheck_passed"),
        (Recheck("failed", NOON - 9 * MINUTE, ("login",)), 10, "recheck_failed"),
        (Recheck("broken", NOON - MINUTE), 10, "recheck_broken"),
        (Recheck("stopped", NOON - MINUTE), 10, "recheck_broken"),
        (Recheck("passed", NOON - 60 * MINUTE), 1, "recheck_pending"),
        (Recheck("passed", NOON - 60 * MINUTE), 10, "recheck_late"),
    ],
)
def test_only_a_recent_pass_is_safe(newest: Recheck | None, live_for: int, code: str) -> None:
    judged = judge_rechecks(newest, MINUTE, NOON - live_for * MINUTE, NOON)
    assert judged.code == code
    assert (judged.verdict is Verdict.SAFE) == (code == "recheck_passed")
    assert (judged.verdict is Verdict.HARM) == (code == "recheck_failed")


def harm(name: str) -> Judgment:
    return Judgment(name, Verdict.HARM, "harm")


@pytest.mark.parametrize(
    ("breach", "state"),
    [
        (OnBreach.ROLL_BACK, State.ROLLING_BACK),
        (OnBreach.HOLD, State.HELD),
        (OnBreach.SHOW, State.RAMPING),
    ],
)
@pytest.mark.parametrize("on_harm", list(OnHarm))
def test_a_breach_does_what_its_guardrail_says(
    breach: OnBreach, state: State, on_harm: OnHarm
) -> None:
    external = ExternalTerms(on_breach={"errors": breach})
    plan = plan_of(on_harm=on_harm, external=external)
    book = play(plan)
    book.until_ramping()
    book.look(deciding(with_breaches([harm("errors"), SAFE], plan), plan))
    assert book.state() is state


def test_of_two_breaches_the_one_that_rolls_back_decides() -> None:
    external = ExternalTerms(on_breach={"errors": OnBreach.HOLD, "limit": OnBreach.ROLL_BACK})
    plan = plan_of(external=external)
    judged = with_breaches([harm("errors"), harm("limit")], plan)
    assert deciding(judged, plan).name == "limit"


def test_a_source_that_is_only_shown_never_holds_and_counts_that_are_missing_do() -> None:
    crm = WebhookTerms("crm", "http://h/", on_breach=OnBreach.SHOW)
    plan = plan_of(external=ExternalTerms(on_breach={"errors": OnBreach.SHOW}, webhooks=(crm,)))
    away = Judgment("crm", Verdict.CANNOT_JUDGE, "source_away")
    assert deciding(with_breaches([away], plan), plan).verdict is Verdict.SAFE
    judged = with_breaches([replace(NOT_YET), away], plan)
    assert deciding(judged, plan).verdict is Verdict.NOT_YET
