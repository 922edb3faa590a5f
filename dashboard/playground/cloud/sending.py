"""One request to a Worker's confirmed address: admitted, sent, proved, stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, astuple, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import User
from dashboard.cloud import proving
from dashboard.cloud.accounts.access import capabilities_of, guarded
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.egress import admission
from dashboard.cloud.egress.access_token import with_access_token
from dashboard.cloud.egress.send import send
from dashboard.cloud.egress.values import Destination, SentRequest, WorkerRequest
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.proof.evidence import AnswerFacts
from dashboard.cloud.proof.judge import Rank, Verdict, Why
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.tails import watches
from dashboard.playground.cloud.models import CloudRun, CloudSend
from dashboard.playground.cloud.override import Forecast
from dashboard.playground.models import KEEP, MOST
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.sending.answer import Answer, EndedBy, Timing
from dashboard.sending.deadline import Cancellation
from dashboard.sending.redaction import headers_of, without_secrets
from dashboard.sending.wire_request import SendFailed

TAIL_SECONDS = 5.0
"""To wait for the tail to open before the first request."""
PROOF_SECONDS = 2.0
"""To wait for the proof beside the answer; the page looks again later."""
TAIL_IS_DUE, TAIL_IS_DUE_UNTIL = timedelta(seconds=5), timedelta(seconds=60)
"""When a look for a missing event doubts the tail."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may be sent. `secrets` are masked in its answer."""

    destination: Destination
    request: WorkerRequest
    secrets: tuple[str, ...]


def request_of(typed: TypedRequest) -> WorkerRequest:
    filled = typed.filled
    return WorkerRequest(filled.method, filled.target, tuple(filled.lines), filled.content)


def admitted(
    account: CloudAccount, worker: str, typed: TypedRequest, by: Actor, count: int = 1
) -> Admitted:
    """Raises `CloudError` for what must not be sent. Opens the tail where there is one."""
    request = request_of(typed)
    target = request.target.decode("ascii")
    destination = admission.admit(
        account, worker, by, method=request.method, target=target, count=count
    )
    request, secrets = with_access_token(destination, request)
    if capabilities_of(account)[Capability.PROOF].works:
        watches.wait_until_open(account, worker, TAIL_SECONDS)
    return Admitted(destination, request, (*secrets, *typed.secrets))


def send_and_store(
    account: CloudAccount,
    typed: TypedRequest,
    forecast: Forecast,
    role: str,
    versions: Collection[str],
    by: Actor,
    person: User,
    cancellation: Cancellation | None,
) -> CloudSend:
    """Raises `CloudError` if nothing may be sent. `versions` are ids of the Worker's."""
    ready = admitted(account, typed.worker, typed, by)
    fields = typed.stored()
    row = CloudSend(
        person=person,
        account=account,
        worker=typed.worker,
        sent_at=timezone.now(),
        method=typed.method,
        path=fields.get("path", "/"),
        request=fields,
        asked=forecast.asked[:64],
        share=forecast.share,
        role=role,
    )
    try:
        sent = send(ready.destination, ready.request, cancellation)
    except SendFailed as failure:
        row.problem = [failure.title, str(failure)]
        row.save()
        _prune(person)
        return row
    _store_answer(row, sent, versions, ready.secrets)
    facts = facts_of(row)
    events = watches.wait_for_events([facts.nonce], 1, PROOF_SECONDS)
    store_verdict(
        row, proving.judged(account, typed.worker, [facts], events, waited=False)[facts.nonce]
    )
    row.save()
    _prune(person)
    return row


def look_again(row: CloudSend, *, in_logs: bool, now: datetime) -> str:
    """Looks for the proof of an earlier send; a better one is stored. Why stored logs could not be
    read, if so."""
    facts, problem = facts_of(row), ""
    if in_logs:
        try:
            verdict = guarded(
                row.account, lambda: proving.logged_verdict(row.account, row.worker, facts), now
            )
        except CloudError as error:
            verdict, problem = verdict_of(row), error.message
    else:
        events = watches.events_of([facts.nonce])
        waited = TAIL_IS_DUE < now - row.sent_at < TAIL_IS_DUE_UNTIL
        judged = proving.judged(row.account, row.worker, [facts], events, waited=waited)
        verdict = judged[facts.nonce]
    before = verdict_of(row)
    if verdict.confirmed or not before.confirmed:
        store_verdict(row, verdict)
        row.save(update_fields=["verdict", "proved_at"])
    return problem


def store_verdict(row: CloudSend, verdict: Verdict) -> None:
    if verdict.confirmed and row.proved_at is None:
        row.proved_at = timezone.now()
    row.verdict = asdict(verdict) | {"rank": str(verdict.rank), "why": list(map(str, verdict.why))}


def verdict_of(row: CloudSend) -> Verdict:
    given: Mapping[str, Any] = row.verdict or {"rank": Rank.NOT_SEEN, "why": ()}
    why = tuple(Why(reason) for reason in given["why"])
    return Verdict(**{**given, "rank": Rank(given["rank"]), "why": why})


def facts_of(row: CloudSend) -> AnswerFacts:
    """Of an answered send."""
    return AnswerFacts(**{**row.facts, "sent_at": row.sent_at})


def answer_of(row: CloudSend) -> Answer | None:
    """None for a send that failed."""
    if row.status is None:
        return None
    headers = [(name, value) for name, value in row.headers]
    timing = Timing(*row.timing)
    return Answer("", row.status, headers, bytes(row.body), EndedBy(row.ended_by), timing)


def _store_answer(
    row: CloudSend, sent: SentRequest, versions: Collection[str], secrets: tuple[str, ...]
) -> None:
    answer = without_secrets(sent.answer, secrets)
    facts = asdict(proving.answer_facts(replace(sent, answer=answer), versions))
    row.sent_at = facts.pop("sent_at")
    row.facts, row.colo = facts, sent.colo[:8]
    row.status, row.headers = answer.status, headers_of(answer.headers)
    row.timing, row.body = list(astuple(answer.timing)), answer.body
    row.ended_by = str(answer.ended_by)


def prune_runs(person: User) -> None:
    """Deletes old ones, and beyond `MOST` those of this person."""
    CloudRun.objects.filter(made_at__lt=timezone.now() - KEEP).delete()
    surplus = CloudRun.objects.filter(person=person).values_list("pk", flat=True)
    CloudRun.objects.filter(pk__in=list(surplus[MOST - 1 : MOST + 49])).delete()


def _prune(person: User) -> None:
    CloudSend.objects.filter(sent_at__lt=timezone.now() - KEEP).delete()
    surplus = CloudSend.objects.filter(person=person).values_list("pk", flat=True)
    CloudSend.objects.filter(pk__in=list(surplus[MOST : MOST + 50])).delete()
