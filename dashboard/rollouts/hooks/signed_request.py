"""One signed request to a hook over HTTP. Runs in a thread pool: no database.

Signed as in Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.egress.client import SendFailed, request
from dashboard.egress.signatures import signed_headers
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails.verdict_answer import (
    MOST_BYTES,
    AnswerInvalid,
    verdict_of,
)
from dashboard.rollouts.hooks.events import Progress
from routing.snapshot import Secret


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One attempt. `is_gate`: the response is a verdict."""

    delivery_id: int
    url: Secret
    secret: Secret
    message_id: str
    body: str
    timeout: float
    is_gate: bool


@dataclass(frozen=True, slots=True)
class Result:
    """`WAITING`: a gate answered `not_yet`. `answer` is text for the page."""

    progress: Progress
    answer: str = ""


_BY_VERDICT = {
    Verdict.SAFE: Progress.DONE,
    Verdict.HARM: Progress.REFUSED,
    Verdict.NOT_YET: Progress.WAITING,
    Verdict.CANNOT_JUDGE: Progress.FAILED,
}


def deliver(signed: SignedRequest, now: datetime) -> Result:
    """Sends the request once. Never raises: a failure is a result."""
    body = signed.body.encode()
    headers = signed_headers(signed.secret.reveal(), signed.message_id, body, now)
    try:
        answer = request(
            "POST",
            signed.url.reveal(),
            headers=headers | {"Content-Type": "application/json", "User-Agent": "Sluice"},
            body=body,
            seconds=signed.timeout,
            most_bytes=MOST_BYTES,
        )
    except SendFailed as error:
        return Result(Progress.FAILED, str(error))
    if signed.is_gate:
        return _verdict(answer.status, answer.text, answer.truncated)
    if answer.redirects:
        return Result(Progress.FAILED, f"It answered {answer.status}: redirects are not followed.")
    if not answer.ok:
        return Result(Progress.FAILED, f"It answered {answer.status}.")
    return Result(Progress.DONE, f"It answered {answer.status}.")


def _verdict(status: int, text: str, truncated: bool) -> Result:
    try:
        verdict = verdict_of(status, text, truncated=truncated)
    except AnswerInvalid as error:
        return Result(Progress.FAILED, str(error))
    return Result(_BY_VERDICT[verdict.verdict], verdict.reason or f"It answered {verdict.verdict}.")
