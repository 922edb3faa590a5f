"""What a decision is based on: edges with the deployment, counts, processes, checks, reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.fleet.edge_condition import SILENT_AFTER
from dashboard.fleet.propagation import Meter, meter_of
from dashboard.observability.flags.process_faults import process_reports
from dashboard.observability.models import Gap
from dashboard.observability.versions.step_figures import split_figures
from dashboard.rollouts.decisions.breaches import deciding, with_breaches
from dashboard.rollouts.decisions.guardrails import (
    ABORTING_RULES,
    Figures,
    Judgment,
    judge_errors,
    judge_limit,
    judge_processes,
)
from dashboard.rollouts.decisions.next_step import Checks, Observation
from dashboard.rollouts.decisions.states import STAGED, TAKES_TRAFFIC, State
from dashboard.rollouts.external_guardrails.judgments import external_judgments
from dashboard.rollouts.external_guardrails.rechecks import watched_state
from dashboard.rollouts.hooks.gates import gate_before
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.review_step.status import review_of
from dashboard.rollouts.slow_requests.budget import budget_from_json
from dashboard.rollouts.slow_requests.count_blocks import cold_start
from dashboard.rollouts.slow_requests.judgment import judge_slow
from dashboard.smoketests.models import SmokeRun
from routing.control.deploy import active_deployment
from routing.models import Deployment, Edge, Worker
from routing.rules.split import TOTAL
from routing.snapshot import CountSpec

REPORT_TIME = timedelta(seconds=5)
"""How late the report of a process that ended may arrive."""

CHECKS: Mapping[str, Checks] = {
    SmokeRun.State.WAITING: Checks.RUNNING,
    SmokeRun.State.RUNNING: Checks.RUNNING,
    SmokeRun.State.PASSED: Checks.PASSED,
    SmokeRun.State.FAILED: Checks.FAILED,
    SmokeRun.State.BROKEN: Checks.BROKEN,
    SmokeRun.State.STOPPED: Checks.BROKEN,
}

Verify = Callable[[Worker, str], tuple[str, ...]]
"""(worker, version id) → the edges at which a fresh request did not run that version."""


@dataclass(frozen=True, slots=True)
class RolloutObserver:
    """Observes one rollout. `verify` sends fresh requests."""

    verify: Verify

    def __call__(self, rollout: Rollout, now: datetime) -> Observation:
        deployment = active_deployment(rollout.worker)
        if deployment is None:
            return Observation("")
        meter = meter_of(rollout.worker.name, deployment.revision, deployment.created_on)
        state, ready = State(rollout.state), _ready_at(meter, deployment)
        unverified: tuple[str, ...] = ()
        if ready and state in (State.VERIFYING, State.NEEDS_ATTENTION):
            unverified = self.verify(rollout.worker, str(rollout.stable_id))
        review, proposal = review_of(rollout, deployment, now)
        return Observation(
            deployment_id=str(deployment.id),
            ready_at=ready,
            waiting_edges=tuple(cell.edge for cell in meter.lagging),
            checks=checks_of(rollout) if state is State.CHECKING else Checks.NOT_ASKED,
            judgment=_judged(rollout, now),
            unverified_edges=unverified,
            review=review,
            review_id=str(proposal.pk) if proposal else "",
            gate=gate_before(rollout, now),
        )


def _judged(rollout: Rollout, now: datetime) -> Judgment | None:
    watched = watched_state(rollout)
    if watched in STAGED:
        processes = [_judge_processes(rollout, now)]
        return deciding(with_breaches(processes, rollout.terms), rollout.terms)
    return judge_candidate(rollout, now) if watched in TAKES_TRAFFIC else None


def judge_candidate(rollout: Rollout, now: datetime) -> Judgment:
    """The judgment that decides for the current share."""
    return deciding(judgments(rollout, figures_of(rollout, now), now), rollout.terms)


def judgments(rollout: Rollout, figures: Figures, now: datetime) -> list[Judgment]:
    """One for each guardrail. At 100% there is no stable to compare with: fixed limits only."""
    step, budget = rollout.as_value().current, budget_from_json(rollout.slow_budget)
    judged = [
        judge_limit(figures, rollout.terms, now, ABORTING_RULES),
        _judge_processes(rollout, now),
    ]
    if rollout.weight != TOTAL and step is not None:
        judged[:0] = [
            judge_errors(figures, rollout.terms, step.rule, ABORTING_RULES, now),
            judge_slow("p95", figures, budget.p95_us, ABORTING_RULES, now),
            judge_slow("p99", figures, budget.p99_us, ABORTING_RULES, now),
        ]
    return with_breaches([*judged, *external_judgments(rollout, now)], rollout.terms)


def figures_of(rollout: Rollout, now: datetime) -> Figures:
    """Counts since the current share was deployed, or since `now` if the clock was set back: harm
    must not wait until the clock catches up."""
    since = min(rollout.since, now)
    edges = Edge.objects.running(rollout.worker.name).values_list("name", "last_seen_on")
    seen = {name: at for name, at in edges if at is not None}
    counted = split_figures(
        rollout.worker.name,
        str(rollout.candidate_id),
        str(rollout.stable_id),
        rollout.deployment_id,
        since,
        _cold_start(rollout, since),
    )
    return Figures(
        blocks=counted.blocks,
        candidate=counted.candidate,
        stable=counted.stable,
        callers=None if counted.assumes_independent_requests else counted.callers,
        slow=counted.slow,
        until=min(seen.values(), default=None),
        silent_edges=tuple(sorted(n for n, at in seen.items() if now - at > SILENT_AFTER)),
        gaps=Gap.objects.filter(noticed_on__gte=since).count(),
    )


def _cold_start(rollout: Rollout, since: datetime) -> Callable[[int], bool]:
    """Which blocks are cold starts. None for a deployment that was not made by a rollout."""
    deployments = rollout.worker.deployments.filter(id__in=filter(None, [rollout.deployment_id]))
    counts = deployments.values_list("counts", flat=True).first()
    if counts is None:
        return lambda start: False
    starts = process_reports([rollout.candidate_id, rollout.stable_id]).starts(since)
    return cold_start(_bake(rollout), CountSpec(**counts), since, starts)


def _bake(rollout: Rollout) -> timedelta:
    step = rollout.as_value().current
    if step is None or step.weight == TOTAL:
        return rollout.terms.final_bake
    return step.bake


def checks_of(rollout: Rollout) -> Checks:
    """State of the newest run of the suite. A run whose process died is repeated."""
    runs = SmokeRun.objects.filter(rollout_id=rollout.pk).order_by("-started_at")
    state = runs.values_list("state", flat=True).first()
    return CHECKS.get(state or "", Checks.NOT_ASKED)


def _judge_processes(rollout: Rollout, now: datetime) -> Judgment:
    """Faults of the candidate's process since the current share was deployed, and whether every
    version with traffic runs now."""
    candidate, stable = rollout.candidate_id, rollout.stable_id
    since = max(rollout.started_at, rollout.since - REPORT_TIME)
    reports = process_reports([candidate, stable])
    faults = reports.faults(candidate, since, now)
    live = [candidate, stable] if rollout.weight < TOTAL else [candidate]
    not_running = [edge for version in live for edge in reports.not_running(version, now)]
    return judge_processes([(fault.edge, fault.kind) for fault in faults], not_running)


def _ready_at(meter: Meter, deployment: Deployment) -> datetime | None:
    """When the last edge got the deployment; None while one is missing."""
    if not meter.complete:
        return None
    return deployment.created_on + timedelta(milliseconds=meter.took_ms or 0)
