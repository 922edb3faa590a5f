"""Many sends of one request, and one request to stable, the candidate and stable again."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

from dashboard.cloud import proving
from dashboard.cloud.egress.send import new_nonce, send
from dashboard.cloud.egress.values import SentRequest, WorkerRequest
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.proof.judge import Verdict
from dashboard.comparison.compare import Side
from dashboard.playground.cloud.sending import Admitted, request_of
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.sending.redaction import headers_of, without_secrets
from dashboard.sending.wire_request import SendFailed

COUNTS = (20, 50, 100)
AT_ONCE = 6
SECONDS, EACH = 40.0, 12.0
"""For all sends of a run to begin, and for each of them."""
PROOF_SECONDS = 6.0
LONGEST_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class RunRow:
    """One send. `version` is the confirmed one, or empty. `status` is 0 without an answer."""

    status: int
    ms: float
    ray: str = ""
    version: str = ""
    rank: str = "not_seen"
    why: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ComparedAnswer:
    """One of the three answers; `body` in base64. `asked` is the version that the override named,
    `version` the confirmed one."""

    asked: str
    version: str = ""
    rank: str = "not_seen"
    why: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    truncated: bool = False
    ms: float = 0.0
    ray: str = ""
    problem: str = ""

    @property
    def as_asked(self) -> bool:
        return self.version == self.asked

    def side(self) -> Side:
        lines = tuple((name, value) for name, value in self.headers)
        names = (self.asked, self.asked[:8])
        return Side(self.status, lines, base64.b64decode(self.body), self.truncated, names)


def send_many(
    account: CloudAccount, ready: Admitted, count: int, versions: Collection[str]
) -> list[RunRow]:
    """Each on a new connection. Requests that did not begin in time are missing."""
    results = _all([ready.request] * count, ready, AT_ONCE)
    verdicts = _verdicts(account, ready, results, versions)
    return [_row(result, verdicts) for result in results]


def send_three(
    account: CloudAccount,
    typed: TypedRequest,
    ready: Admitted,
    sides: tuple[str, str],
    versions: Collection[str],
) -> list[ComparedAnswer]:
    """Answers of stable, stable again and the candidate; sent with the candidate in between, so
    that a clock which moved on is seen to be noise."""
    stable, candidate = sides
    order = (stable, candidate, stable)
    requests = [_pinned(typed, ready, version_id) for version_id in order]
    results = _all(requests, ready, 1)
    verdicts = _verdicts(account, ready, results, versions)
    first, other, second = (
        _compared(asked, result, verdicts, ready.secrets)
        for asked, result in zip(order, results, strict=True)
    )
    return [first, second, other]


def _pinned(typed: TypedRequest, ready: Admitted, version_id: str) -> WorkerRequest:
    """With an override of the entry Worker; others stay as they were picked."""
    picks = {**typed.picks, typed.worker: version_id}
    filled = replace(typed.filled, picks=picks, mode="pick")
    request = request_of(replace(typed, with_values=filled))
    added = [line for line in ready.request.lines if line[0].startswith("CF-Access-")]
    for name, value in added:
        request = request.with_line(name, value)
    return request


Result = SentRequest | SendFailed


def _all(requests: Sequence[WorkerRequest], ready: Admitted, at_once: int) -> list[Result]:
    deadline = time.monotonic() + SECONDS

    def one(request: WorkerRequest) -> Result:
        if time.monotonic() > deadline:
            return SendFailed("Not sent", "The run took too long.")
        try:
            return send(ready.destination, request, nonce=new_nonce(), seconds=EACH)
        except SendFailed as failure:
            return failure

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, requests))


def _verdicts(
    account: CloudAccount, ready: Admitted, results: Sequence[Result], versions: Collection[str]
) -> dict[str, Verdict]:
    sent = [result for result in results if isinstance(result, SentRequest)]
    facts = [proving.answer_facts(one, versions) for one in sent]
    return proving.verdicts(account, ready.destination.worker, facts, wait=PROOF_SECONDS)


def _row(result: Result, verdicts: dict[str, Verdict]) -> RunRow:
    if isinstance(result, SendFailed):
        return RunRow(0, 0.0, problem=f"{result.title}: {result}")
    verdict, answer = verdicts[result.nonce], result.answer
    return RunRow(
        answer.status,
        round(answer.elapsed_ms, 2),
        result.ray,
        verdict.confirmed_version,
        str(verdict.rank),
        str(verdict.why[0]) if verdict.why else "",
    )


def _compared(
    asked: str, result: Result, verdicts: dict[str, Verdict], secrets: tuple[str, ...]
) -> ComparedAnswer:
    if isinstance(result, SendFailed):
        return ComparedAnswer(asked, problem=f"{result.title}: {result}")
    row, answer = _row(result, verdicts), without_secrets(result.answer, secrets)
    return ComparedAnswer(
        asked=asked,
        version=row.version,
        rank=row.rank,
        why=row.why,
        status=answer.status,
        headers=tuple(headers_of(answer.headers)),
        body=base64.b64encode(answer.body[:LONGEST_BODY]).decode("ascii"),
        truncated=answer.truncated or len(answer.body) > LONGEST_BODY,
        ms=row.ms,
        ray=row.ray,
    )


def as_json(rows: Sequence[RunRow] | Sequence[ComparedAnswer]) -> list[dict[str, object]]:
    dump: Callable[[RunRow | ComparedAnswer], dict[str, object]] = asdict
    return [dump(row) for row in rows]
