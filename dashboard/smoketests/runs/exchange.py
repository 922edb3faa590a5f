"""One check through one edge: sent, judged, and compared with stable. Touches no database.

`same_as_stable` asks stable, the candidate and stable again, one after the other, as Compare does.
A check that fails without it asks stable once afterwards, to show both side by side, where its
method changes nothing (RFC 9110, section 9.2.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from dashboard.comparison.compare import Side as Answered
from dashboard.sending import redaction
from dashboard.sending.answer import Answer
from dashboard.sending.deadline import Cancellation
from dashboard.sending.send import send
from dashboard.sending.wire_request import SendFailed, WireRequest
from dashboard.smoketests.assertions import (
    Compared,
    Received,
    Result,
    Skew,
    results_of,
    with_stable,
)
from dashboard.smoketests.runs.jobs import CannotSend, Job, Plan, Side
from dashboard.smoketests.runs.skew import Page, skew_of
from dashboard.smoketests.same_as_stable import Difference
from dashboard.smoketests.suites.document import Check, NoSkew, SameAsStable

SAFE = ("GET", "HEAD", "OPTIONS")
COMPARED = 256 * 1024
"""Bytes of a body that are compared with stable's."""
EVIDENCE = 8192
"""Characters of a body that are stored."""
_READ = 64 * 1024
_NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True, slots=True)
class Judged:
    """What one check came to at one edge; secrets are masked. Without an answer, `problem` says
    why. `stamp` is the version that the edge named on the answer; its log line is the proof."""

    position: int
    name: str
    required: bool
    edge: str
    sent_at: datetime
    problem: str = ""
    results: tuple[Result, ...] = ()
    stamp: str = ""
    ray: str = ""
    status: int = 0
    ms: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    stable: dict[str, Any] | None = None


def perform(plan: Plan, job: Job, cancellation: Cancellation) -> Judged | None:
    """The judged exchange; None when the run had ended before it was sent."""
    if cancellation.cancelled:
        return None
    check = job.check
    blank = Judged(job.position, check.name, check.required, job.edge, timezone.now())
    try:
        return _exchange(plan, check, plan.wire(job), blank, cancellation)
    except CannotSend as error:
        return replace(blank, problem=str(error)[:500])
    except SendFailed as error:
        return replace(blank, problem=f"{error.title}: {error}"[:500])


def _exchange(
    plan: Plan, check: Check, wire: WireRequest, blank: Judged, cancellation: Cancellation
) -> Judged:
    compares = any(isinstance(assertion, SameAsStable) for assertion in check.assertions)
    stable = plan.stable
    if not compares or stable is None:
        answer = send(wire, cancellation)
        skew = _skew(plan, check, wire, answer, cancellation)
        results = results_of(check, _received(answer), skew=skew)
        beside = None
        if stable and wire.method in SAFE and not all(result.passed for result in results):
            beside = _ask_stable(wire, stable, cancellation)
        if beside:
            results = with_stable(results, results_of(check, _received(beside)))
        return _judged(plan, blank, answer, results, beside)
    first = _of_stable(wire, stable, cancellation)
    answer = send(wire, cancellation)
    second = _of_stable(wire, stable, cancellation)
    compared = Compared(_side(first, stable), _side(second, stable), _side(answer, plan.subject))
    skew = _skew(plan, check, wire, answer, cancellation)
    results = results_of(check, _received(answer), compared, skew)
    results = with_stable(results, results_of(check, _received(first), compared))
    return _judged(plan, blank, answer, results, first)


def _skew(
    plan: Plan, check: Check, wire: WireRequest, answer: Answer, cancellation: Cancellation
) -> Skew | None:
    """None without the assertion, or without another version."""
    most = max((a.no_skew.most for a in check.assertions if isinstance(a, NoSkew)), default=0)
    if not most or plan.stable is None:
        return None
    subject, stable = plan.subject.id, plan.stable.id
    page = _of_stable(wire, plan.stable, cancellation)
    pages = (Page(answer, subject, stable), Page(page, stable, subject))
    return skew_of(wire, pages, most, cancellation)


def _of_stable(wire: WireRequest, stable: Side, cancellation: Cancellation) -> Answer:
    """An answer of stable, or `SendFailed`: a comparison with anything else proves nothing."""
    answer = send(wire.pinned_to(stable.id), cancellation)
    if answer.proof_headers.get("version", "") != stable.id:
        ran = answer.proof_headers.get("version", "")[:8] or "no version"
        raise SendFailed("Not compared", f"{ran} answered in place of stable {stable.id[:8]}.")
    return answer


def _ask_stable(wire: WireRequest, stable: Side, cancellation: Cancellation) -> Answer | None:
    """For display beside a failure: without it the failure stays what it is."""
    try:
        return _of_stable(wire, stable, cancellation)
    except SendFailed:
        return None


def _received(answer: Answer) -> Received:
    version = answer.proof_headers.get("version", "")
    return Received(answer.status, answer.headers, answer.body, answer.elapsed_ms, version)


def _side(answer: Answer, version: Side) -> Answered:
    cut = answer.truncated or len(answer.body) > COMPARED
    body = answer.body[:COMPARED]
    return Answered(answer.status, tuple(answer.headers), body, cut, version.names)


def _judged(
    plan: Plan, blank: Judged, answer: Answer, results: Sequence[Result], stable: Answer | None
) -> Judged:
    beside = None
    if stable is not None and plan.stable is not None:
        beside = {"version_id": plan.stable.id, **_evidence(stable, plan.secrets)}
    own = _evidence(answer, plan.secrets)
    return replace(
        blank,
        results=tuple(_masked(result, plan.secrets) for result in results),
        stamp=answer.proof_headers.get("version", "")[:36],
        ray=answer.ray[:32],
        status=own["status"],
        ms=own["ms"],
        headers=tuple(own["headers"]),
        body=own["body"],
        stable=beside,
    )


def _evidence(answer: Answer, secrets: tuple[str, ...]) -> dict[str, Any]:
    text = (answer.text or "")[:_READ]
    lines = redaction.headers_of(answer.headers)
    return {
        "status": answer.status,
        "ms": round(answer.elapsed_ms, 1),
        "headers": [(name, redaction.mask(value, secrets)[:1000]) for name, value in lines],
        "body": redaction.evidence(text, secrets)[:EVIDENCE],
    }


def _masked(result: Result, secrets: tuple[str, ...]) -> Result:
    """The result without values of secrets: stored ones, and those under the name of a secret."""
    name = _name_in(result)
    expected, actual, stable = result.expected, result.actual, result.stable
    if redaction.is_secret(name):
        where = re.split(" = | reads |:", expected)[0]
        expected = where if where == expected else f"{where}: {redaction.MASK}"
        actual, stable = redaction.value(actual), redaction.value(stable)
    return replace(
        result,
        expected=redaction.mask(expected, secrets),
        actual=redaction.evidence(actual, secrets),
        stable=redaction.evidence(stable, secrets),
        differences=tuple(_masked_difference(spot, secrets) for spot in result.differences),
    )


def _masked_difference(spot: Difference, secrets: tuple[str, ...]) -> Difference:
    name = _last_name(spot.place)
    return replace(
        spot,
        stable=redaction.evidence(redaction.named(name, spot.stable), secrets),
        candidate=redaction.evidence(redaction.named(name, spot.candidate), secrets),
    )


def _name_in(result: Result) -> str:
    """The header or field whose value a result shows."""
    if result.kind == "header":
        return result.expected.partition(":")[0].partition(" ")[0]
    path = re.split(" = | reads ", result.expected)[0]
    return _last_name(path) if result.kind == "json" else ""


def _last_name(path: str) -> str:
    names = _NAME.findall(path)
    return names[-1] if names else ""
