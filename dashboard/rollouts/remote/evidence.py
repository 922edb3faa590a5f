"""Requests to a Worker's confirmed address, with proof of the version that answered."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from dashboard.accounts.actor import Actor
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.egress.access_token import with_access_token
from dashboard.cloud.egress.admission import admit
from dashboard.cloud.egress.send import send
from dashboard.cloud.egress.values import Destination, SentRequest, WorkerRequest
from dashboard.cloud.proof.evidence import AnswerFacts
from dashboard.cloud.proof.judge import Verdict
from dashboard.cloud.proving import answer_facts, logged_verdict, verdicts
from dashboard.cloud.tails.watches import wait_until_open
from dashboard.rollouts.remote.messages import TOO_LATE
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.sending.wire_request import OVERRIDES, SendFailed
from dashboard.smoketests.suites.document import Check

TAIL_SECONDS = 10.0
"""How long to wait for the tail. Without one, stored logs may still tell."""
PROOF_SECONDS = 5.0
EACH_SECONDS, ALL_SECONDS = 10.0, 40.0
"""For one check, and for all to begin: other rollouts wait meanwhile."""
LOG_SECONDS = 30.0
"""After that, for looks in stored logs to begin."""
_TARGET = "/?:@!$&'()*+,;=%-._~[]"


class Unsendable(Exception):
    """No request can be sent; the message says why."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to one check. `confirmed_version` is empty unless it is proved or logged; `rank`
    says how it is known. `problem`: why there is no answer. `secrets` may be in the answer."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    ms: float = 0.0
    ray: str = ""
    rank: str = ""
    confirmed_version: str = ""
    problem: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


def send_checks(
    rollout: RemoteRollout, checks: Sequence[Check], now: datetime
) -> Sequence[Checked]:
    """One answer for each check, sent to the candidate by override. Raises `Unsendable`."""
    account, name = rollout.account, rollout.worker_name
    by = Actor(None, "rollout", now)
    try:
        destination = admit(account, name, by, **_described(checks), count=len(checks))
    except CloudError as error:
        raise Unsendable(error.message) from error
    wait_until_open(account, name, TAIL_SECONDS)
    access = with_access_token(destination, WorkerRequest())
    ends_at = time.monotonic() + ALL_SECONDS
    answers = [
        _sent(destination, check, rollout, access[0].lines)
        if time.monotonic() < ends_at
        else TOO_LATE
        for check in checks
    ]
    versions = (rollout.candidate.id, rollout.stable.id)
    facts = {
        answer.nonce: answer_facts(answer, versions)
        for answer in answers
        if isinstance(answer, SentRequest)
    }
    proved = verdicts(account, name, list(facts.values()), wait=PROOF_SECONDS)
    until = ends_at + LOG_SECONDS
    checked = [_checked(rollout, answer, facts, proved, until) for answer in answers]
    return [replace(one, secrets=access[1]) for one in checked]


def _described(checks: Sequence[Check]) -> dict[str, str]:
    """All methods and paths, for the audit trail."""
    methods = dict.fromkeys(check.request.method for check in checks)
    paths = dict.fromkeys(check.request.path.partition("?")[0] for check in checks)
    return {"method": ", ".join(methods), "target": ", ".join(paths)}


def _sent(
    destination: Destination,
    check: Check,
    rollout: RemoteRollout,
    access: tuple[tuple[str, str], ...],
) -> SentRequest | str:
    """The answer, or why there is none. `access`: header lines of a service token."""
    request, own = check.request, f'{rollout.worker_name}="{rollout.candidate.id}"'
    named = [f'{worker}="{version}"' for worker, version in request.overrides.items()]
    lines = [*request.headers.items(), (OVERRIDES, ", ".join([own, *named])), *access]
    target = quote(request.path, safe=_TARGET).encode("ascii")
    sent = WorkerRequest(request.method, target, tuple(lines), request.body.encode())
    try:
        return send(destination, sent, seconds=EACH_SECONDS)
    except SendFailed as error:
        return f"{error.title}: {error}"[:500]


def _checked(
    rollout: RemoteRollout,
    sent: SentRequest | str,
    facts: Mapping[str, AnswerFacts],
    proved: Mapping[str, Verdict],
    until: float,
) -> Checked:
    """Looks in stored logs, one call, only `until` then."""
    if isinstance(sent, str):
        return Checked(problem=sent)
    verdict = proved[sent.nonce]
    if not verdict.confirmed and time.monotonic() < until:
        verdict = _by_logs(rollout, facts[sent.nonce], verdict)
    answer = sent.answer
    return Checked(
        status=answer.status,
        headers=tuple(answer.headers),
        body=answer.body,
        ms=answer.elapsed_ms,
        ray=sent.ray,
        rank=verdict.rank.value,
        confirmed_version=verdict.confirmed_version,
    )


def _by_logs(rollout: RemoteRollout, facts: AnswerFacts, verdict: Verdict) -> Verdict:
    try:
        return logged_verdict(rollout.account, rollout.worker_name, facts)
    except CloudError:
        return verdict
