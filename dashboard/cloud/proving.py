"""Which version answered requests: collects the evidence and judges it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils import timezone

from dashboard.cloud.accounts.access import capabilities_of, client_of
from dashboard.cloud.egress.values import SentRequest
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.proof.evidence import AnswerFacts, Evidence, StoredLog, TailEvent
from dashboard.cloud.proof.hops import Hop, hop_trail
from dashboard.cloud.proof.judge import Verdict, Why, judge
from dashboard.cloud.proof.self_report import reported_version
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.tails import watches

WAIT_SECONDS = 5.0
"""For the event of a request; one usually comes in about a second."""
_EDGE_ERROR = "error code: 1"


def answer_facts(sent: SentRequest, versions: Collection[str] = ()) -> AnswerFacts:
    """`versions` are the Worker's, to recognize one that the answer names."""
    answer = sent.answer
    text = (answer.text or "")[:200].lower()
    return AnswerFacts(
        nonce=sent.nonce,
        ray=sent.ray,
        worker=sent.destination.worker,
        status=answer.status,
        sent_at=sent.sent_at,
        reported=reported_version(answer, versions),
        cache_status=answer.header("cf-cache-status"),
        mitigated=answer.header("cf-mitigated"),
        location=sent.redirect,
        edge_error=text.startswith(_EDGE_ERROR),
    )


def verdicts(
    account: CloudAccount,
    worker: str,
    answers: Sequence[AnswerFacts],
    *,
    wait: float = WAIT_SECONDS,
) -> dict[str, Verdict]:
    """By nonce, of requests to one Worker, from its tail. Waits until all were seen, for some
    seconds at most."""
    if not answers:
        return {}
    nonces = [answer.nonce for answer in answers]
    events = watches.wait_for_events(nonces, 1, wait)
    return judged(account, worker, answers, events, waited=True)


def judged(
    account: CloudAccount,
    worker: str,
    answers: Sequence[AnswerFacts],
    events: Sequence[TailEvent],
    *,
    waited: bool,
) -> dict[str, Verdict]:
    """By nonce, by these events. If one was missed though it was `waited` for, and nothing explains
    it, the tail is doubted."""
    coverage = watches.coverage_of(account, worker, min(answer.sent_at for answer in answers))
    judgments = {
        answer.nonce: judge(Evidence(answer, coverage, _of(events, answer))) for answer in answers
    }
    if not waited:
        return judgments
    missed = [verdict for verdict in judgments.values() if Why.TAIL_SILENT in verdict.why]
    if any(not verdict.no_worker for verdict in missed):
        watches.doubt(account, worker, timezone.now())
    return judgments


def logged_verdict(account: CloudAccount, worker: str, answer: AnswerFacts) -> Verdict:
    """From tail events and stored logs, one call. Raises `CloudError`."""
    logs: tuple[StoredLog, ...] = ()
    looked = bool(answer.ray) and capabilities_of(account)[Capability.PROOF_LATER].works
    if looked:
        logs = client_of(account).stored_logs(answer.ray, answer.sent_at)
    coverage = watches.coverage_of(account, worker, answer.sent_at)
    events = _of(watches.events_of([answer.nonce]), answer)
    return judge(Evidence(answer, coverage, events, logs, looked))


def trail_of(nonce: str, entry: str, bound: Collection[str] = ()) -> tuple[Hop, ...]:
    """Workers that a request reached, as far as their tails are open."""
    return hop_trail(nonce, entry, watches.events_of([nonce]), bound)


def _of(events: Sequence[TailEvent], answer: AnswerFacts) -> tuple[TailEvent, ...]:
    return tuple(event for event in events if event.nonce == answer.nonce)
