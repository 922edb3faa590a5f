"""One send and its answer, as `templates/playground/send/_answer.html` shows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.fleet.version_roles import Standing
from dashboard.playground.models import Entry, Saved
from dashboard.playground.request.redirects import own_place
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.send import history
from dashboard.playground.send.edges import EdgeAnswer
from dashboard.playground.send.proof import (
    Proof,
    VersionInBody,
    prove,
    sign_prediction,
    version_in_body,
)
from dashboard.playground.send.trace_steps import Trail
from dashboard.sending.answer import Answer
from dashboard.smoketests.assertions import Received, Result, results_of
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.suites.document import Check
from routing.models import Invocation, Worker


@dataclass(frozen=True)
class AnswerPage:
    """Either `failed` (title and text) or an answer."""

    failed: tuple[str, str] | None = None
    entry: Entry | None = None
    answer: Answer | None = None
    ray: str = ""
    #: The signed prediction, for the link that looks for a late log line.
    signed: str = ""
    proof: Proof | None = None
    #: None until the page asks for it: it takes more queries than the send.
    trail: Trail | None = None
    named: VersionInBody | None = None
    #: The role of the version that the body names, or "wrong".
    named_tone: str = ""
    results: list[Result] = field(default_factory=list)
    passed: int = 0
    #: Worker, path and host of a redirect to a Worker of ours.
    follow: dict[str, str] | None = None
    #: With all edges chosen, the outcome at each.
    edges: list[EdgeAnswer] = field(default_factory=list)


def answer_page(
    worker: Worker | None,
    standings: list[Standing],
    typed: TypedRequest,
    entry: Entry,
    answer: Answer,
    log_line: Invocation | None,
    trail: Trail | None = None,
) -> AnswerPage:
    """`standings` are of the live deployment when the request was sent, or now."""
    expected = history.expected_of(entry)
    results = _results(typed, answer)
    proof = prove(log_line, expected, standings) if log_line else None
    named = _named(worker, answer, log_line.version_id if log_line else "")
    return AnswerPage(
        entry=entry,
        answer=answer,
        ray=answer.ray,
        signed=sign_prediction(expected),
        proof=proof,
        trail=trail,
        named=named,
        named_tone=_tone(named, proof),
        results=results,
        passed=sum(result.passed for result in results),
        follow=_follow(answer, entry),
    )


def _named(worker: Worker | None, answer: Answer, ran: str) -> VersionInBody | None:
    if worker is None or not ran:
        return None
    own = frozenset(str(pk) for pk in worker.versions.values_list("id", flat=True))
    return version_in_body(answer, ran, own)


def _tone(named: VersionInBody | None, proof: Proof | None) -> str:
    if named and named.agrees and proof and proof.ran:
        return str(proof.ran.role)
    return "wrong"


def _results(typed: TypedRequest, answer: Answer) -> list[Result]:
    """The assertions of the saved request's check; none where it is not a check."""
    saved = Saved.objects.filter(pk=typed.saved).first() if typed.saved else None
    check = _check_of(saved) if saved else None
    if check is None:
        return []
    version = answer.proof_headers.get("version", "")
    received = Received(answer.status, answer.headers, answer.body, answer.elapsed_ms, version)
    return results_of(check, received)


def _check_of(saved: Saved) -> Check | None:
    """The check in the newest edit of its suite; None where it was removed from there."""
    if saved.suite_id is None or not saved.check_name:
        return None
    edit = SuiteEdit.objects.filter(suite=saved.suite_id).first()
    checks = edit.content.checks if edit else ()
    return next((check for check in checks if check.name == saved.check_name), None)


def _follow(answer: Answer, entry: Entry) -> dict[str, str] | None:
    if not 300 <= answer.status < 400:
        return None
    host = str(entry.request.get("host") or "")
    return own_place(answer.header("location"), entry.worker, entry.path, host)
