"""Carries out verifications: sends probes, collects their proof, ends each with a result."""

from __future__ import annotations

import itertools
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.db.models import Q

from dashboard.cloud import proving
from dashboard.cloud.accounts.access import provider_of
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.egress.access_token import with_access_token
from dashboard.cloud.egress.admission import destination_of
from dashboard.cloud.egress.send import send
from dashboard.cloud.egress.values import Destination, SentRequest, WorkerRequest
from dashboard.cloud.models import Verification
from dashboard.cloud.proof.evidence import AnswerFacts
from dashboard.cloud.proof.judge import Verdict
from dashboard.cloud.provider.values import DeploymentSummary
from dashboard.cloud.tails import watches
from dashboard.cloud.verification.probe_run import (
    Flight,
    ProbeRun,
    end_verification,
    note_result,
    save_progress,
    take_answer,
)
from dashboard.cloud.verification.rules import (
    DEADLINE,
    MOST_PROBES,
    SEEN_WITHIN,
    VerificationState,
    VerificationWhy,
    is_live,
    known_until,
    plan_probes,
    wait_before_next,
    why_not,
)
from dashboard.sending.wire_request import OVERRIDES

log = logging.getLogger(__name__)
MOST_AT_ONCE = 8
"""Probes under way, of all verifications."""
READERS = 2
PROBE_SECONDS = 10.0
CLAIM = timedelta(seconds=20)
RETRY = timedelta(seconds=5)
"""Between tries to read the deployments."""

Send = Callable[[Destination, WorkerRequest], SentRequest]


class VerificationRunner:
    """One per process; `look` is called a few times a second and waits for no other machine. Probes
    are sent, and deployments read, by threads of their own. `send` and `readers` are for tests."""

    def __init__(self, send: Send | None = None, readers: Executor | None = None) -> None:
        self._send = send or _send
        self._readers = readers or ThreadPoolExecutor(READERS, thread_name_prefix="deployments")
        self._read = _read if readers else _read_in_thread
        self._reads: dict[int, Future[Sequence[DeploymentSummary]]] = {}
        self._claim = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._runs: dict[int, ProbeRun] = {}
        self._retry_at: dict[int, datetime] = {}
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="probe")

    def look(self, now: datetime) -> None:
        if not settings.CLOUD_HOSTS:
            return
        rows = {row.pk: row for row in self._claimed(now)}
        for key in self._runs.keys() - rows.keys():
            del self._runs[key]
        for row in rows.values():
            try:
                self._look_at(row, now)
            except Exception:  # a guard: one verification's fault must not stop the others
                log.exception("verification %s: fault", row.pk)
                if now - row.began_at > DEADLINE:
                    _interrupted(row, now)

    def _look_at(self, row: Verification, now: datetime) -> None:
        run = self._runs.get(row.pk) or self._begun(row, now)
        if run is not None:
            self._runs[row.pk] = run
            self._advance(run, now)

    def close(self) -> bool:
        """Whether no probe is under way."""
        for pool in (self._pool, self._readers):
            pool.shutdown(wait=False, cancel_futures=True)
        flights = [flight for run in self._runs.values() for flight in run.flights]
        reads = self._reads.values()
        return all(f.future.done() for f in flights) and all(read.done() for read in reads)

    def _claimed(self, now: datetime) -> Sequence[Verification]:
        """Those that this process carries out."""
        rows = Verification.objects.filter(state=VerificationState.PROBING)
        mine_or_free = Q(claim=self._claim) | Q(claimed_until=None) | Q(claimed_until__lt=now)
        if not rows.filter(mine_or_free).exists():
            return ()
        rows.filter(mine_or_free).update(claim=self._claim, claimed_until=now + CLAIM)
        return list(rows.filter(claim=self._claim).select_related("account"))

    def _listed(self, row: Verification) -> Sequence[DeploymentSummary] | None:
        """The deployments, newest first; None until they are read. Raises `CloudError`."""
        future = self._reads.get(row.pk)
        if future is None:
            future = self._readers.submit(self._read, row)
            self._reads[row.pk] = future
        if not future.done():
            return None
        del self._reads[row.pk]
        return future.result()

    # --- One verification -----------------------------------------------------------------------

    def _begun(self, row: Verification, now: datetime) -> ProbeRun | None:
        """None if nothing can be probed (yet)."""
        if now < self._retry_at.get(row.pk, now):
            return None
        try:
            destination = destination_of(row.account, row.worker)
            listed = self._listed(row)
        except CloudError:
            self._retry_at[row.pk] = now + RETRY
            if now - row.began_at > DEADLINE:
                _interrupted(row, now)
            return None
        if listed is None:
            return None
        place = _place(listed, row.marker)
        if place is None or place > 0:
            state = VerificationState.ATTENTION if place is None else VerificationState.SUPERSEDED
            end_verification(row, state, VerificationWhy.NOT_LISTED if place is None else "", now)
            return None
        before = listed[1] if len(listed) > 1 else None
        plan = plan_probes(_ids(before), _ids(listed[0]))
        row.host, row.decisive, row.removes = (
            destination.host.authority,
            plan.decisive,
            plan.removes,
        )
        return ProbeRun(row, plan, destination, itertools.cycle(plan.probes))

    def _advance(self, run: ProbeRun, now: datetime) -> None:
        row = run.row
        status = watches.status_of(watches.watch(row.account, row.worker, now, seconds=30), now)
        self._collect(run, now)
        known = known_until(run.results, [flight.sent_at for flight in run.flights])
        if is_live(run.plan, known):
            self._conclude(run, now)
        elif now - row.began_at >= DEADLINE:
            why = why_not(run.results, tail_open=status.is_open)
            save_progress(run)
            end_verification(row, VerificationState.ATTENTION, why, now)
        else:
            if status.is_open and run.sent < MOST_PROBES and now >= (run.next_at or now):
                if not _may_still_send(run):
                    save_progress(run)
                    _interrupted(row, now)
                    return
                self._send_one(run, now)
            save_progress(run)

    def _send_one(self, run: ProbeRun, now: datetime) -> None:
        if sum(len(other.flights) for other in self._runs.values()) >= MOST_AT_ONCE * 4:
            return
        probe = next(run.turn)
        request = WorkerRequest(lines=(("User-Agent", "Sluice"), ("Cache-Control", "no-cache")))
        if probe.override:
            value = f'{run.row.worker}="{probe.override}"'
            request = request.with_line(OVERRIDES, value)
        request, _secrets = with_access_token(run.destination, request)
        future = self._pool.submit(self._send, run.destination, request)
        run.flights.append(Flight(probe, now, future))
        run.sent += 1
        run.next_at = now + wait_before_next(run.results)

    def _collect(self, run: ProbeRun, now: datetime) -> None:
        """Takes the probes whose proof is there, and those that waited for it in vain."""
        for flight in run.flights:
            if flight.facts is None and flight.future.done():
                take_answer(flight)
        answered = [flight for flight in run.flights if flight.facts is not None]
        facts = [flight.facts for flight in answered if flight.facts is not None]
        verdicts = _verdicts(run.row, facts, now) if facts else {}
        for flight in list(run.flights):
            verdict = verdicts.get(flight.facts.nonce) if flight.facts else None
            failed = flight.future.done() and flight.facts is None
            late = flight.future.done() and now - flight.sent_at > SEEN_WITHIN
            if failed or late or (verdict is not None and verdict.confirmed):
                run.flights.remove(flight)
                note_result(run, flight, verdict)

    def _conclude(self, run: ProbeRun, now: datetime) -> None:
        """Enough probes are right. Another deployment may be live meanwhile, which they cannot
        tell if it has the same versions."""
        try:
            listed = self._listed(run.row)
        except CloudError:
            if now - run.row.began_at >= DEADLINE:
                _interrupted(run.row, now)
            return
        save_progress(run)
        if listed is None:
            return
        is_ours = _place(listed, run.row.marker) == 0
        end_verification(
            run.row, VerificationState.LIVE if is_ours else VerificationState.SUPERSEDED, "", now
        )


def _may_still_send(run: ProbeRun) -> bool:
    """An admin may withdraw or change the confirmed address meanwhile."""
    try:
        return destination_of(run.row.account, run.row.worker) == run.destination
    except CloudError:
        return False


def _interrupted(row: Verification, now: datetime) -> None:
    end_verification(row, VerificationState.ATTENTION, VerificationWhy.INTERRUPTED, now)


def _read(row: Verification) -> Sequence[DeploymentSummary]:
    return provider_of(row.account).deployments(row.worker)


def _read_in_thread(row: Verification) -> Sequence[DeploymentSummary]:
    try:
        return _read(row)
    finally:
        connections.close_all()


def _send(destination: Destination, request: WorkerRequest) -> SentRequest:
    return send(destination, request, seconds=PROBE_SECONDS)


def _verdicts(row: Verification, facts: Sequence[AnswerFacts], now: datetime) -> dict[str, Verdict]:
    events = watches.events_of([fact.nonce for fact in facts])
    waited = min(fact.sent_at for fact in facts) < now - SEEN_WITHIN
    return proving.judged(row.account, row.worker, facts, events, waited=waited)


def _place(listed: Sequence[DeploymentSummary], marker: str) -> int | None:
    return next((i for i, deployment in enumerate(listed) if deployment.marker == marker), None)


def _ids(deployment: DeploymentSummary | None) -> tuple[str, ...]:
    if deployment is None:
        return ()
    return tuple(share.version_id for share in deployment.shares)
