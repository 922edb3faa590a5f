"""What a decision about a remote rollout is based on. Asks capabilities, not the kind of place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.cloud import worker_readings
from dashboard.cloud.accounts.access import capabilities_of, provider_of
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.values import DeploymentSummary, ErrorCounts, MinuteCounts
from dashboard.cloud.readings import (
    FIGURES,
    LOGS,
    Reading,
    live_freshness,
    reading,
    watched_workers,
)
from dashboard.rollouts.decisions.breaches import deciding, with_breaches
from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.plan import Rule
from dashboard.rollouts.decisions.states import GOING_BACK, TAKES_TRAFFIC, State
from dashboard.rollouts.decisions.values import Checks, Observation
from dashboard.rollouts.remote import checks, confirmation
from dashboard.rollouts.remote.approvals import review_of
from dashboard.rollouts.remote.decide import PATIENCE, PLACE, Seen
from dashboard.rollouts.remote.judgments import Counted, Logged, judgments
from dashboard.rollouts.remote.models import RemoteRollout
from routing.rules.split import TOTAL

UNREAD_AFTER = timedelta(seconds=60)
"""After this without an answer, what is live is not known."""
LOGS_FACTOR = 4
"""With many rollouts, logs are read this much less often than deployments: each step has an own
time range, and both share the budget of calls."""
COLD_START = timedelta(seconds=60)
"""Left out after a change of the split, for both versions."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of the current step with the times they are of."""

    counted: Counted
    counts: Reading[MinuteCounts]
    logs: Reading[ErrorCounts]


def deployments_of(rollout: RemoteRollout, now: datetime) -> Reading[Sequence[DeploymentSummary]]:
    return worker_readings.deployments_of(rollout.account, rollout.worker_name, now)


def _fresh(rollout: RemoteRollout, now: datetime) -> float:
    """Seconds for which the list of deployments is fresh."""
    return live_freshness(watched_workers(rollout.account, rollout.worker_name, now))


def observe(rollout: RemoteRollout, now: datetime) -> Seen | None:
    """None if nothing newer than the rollout's last deployment was read yet."""
    read = deployments_of(rollout, now)
    if not read.value or read.read_at is None or read.read_at < rollout.since:
        if now - rollout.since <= UNREAD_AFTER:
            return None
        return Seen(_observation(rollout, rollout.deployment_id, now), unread=read.problem or "–")
    if now - read.read_at > UNREAD_AFTER:
        return Seen(_observation(rollout, rollout.deployment_id, now), unread=read.problem or "–")
    live = read.value[0]
    is_ours = live.id == rollout.deployment_id
    return Seen(
        _observation(rollout, live.id, now),
        elsewhere={} if is_ours else described(live),
    )


def described(deployment: DeploymentSummary) -> dict[str, Any]:
    """Who deployed, as facts of a decision."""
    return {
        "deployment": deployment.id,
        "author": deployment.author or "another client",
        "via": deployment.via or "the API",
        "message": deployment.message[:200],
        "at": deployment.created_at.isoformat(),
        "shares": [[share.version_id, share.percentage] for share in deployment.shares],
    }


def _observation(rollout: RemoteRollout, live_id: str, now: datetime) -> Observation:
    state = State(rollout.state)
    probes = confirmation.verification(rollout)
    ready = confirmation.ready_at(rollout, probes, now)
    back = state in GOING_BACK
    return Observation(
        deployment_id=live_id,
        ready_at=rollout.since if back else ready,
        waiting_edges=() if ready else (PLACE,),
        checks=checks.state_of(rollout) if state is State.CHECKING else Checks.NOT_ASKED,
        judgment=judgment_of(rollout, now),
        unverified_edges=(PLACE,) if back and not confirmation.is_restored(probes) else (),
        review=review_of(rollout, now),
        patience=PATIENCE,
    )


def judgment_of(rollout: RemoteRollout, now: datetime) -> Judgment | None:
    """The judgment that decides; None while the candidate has no traffic to judge."""
    watched = State(rollout.before_hold if rollout.state == State.HELD else rollout.state)
    if watched not in TAKES_TRAFFIC:
        return None
    return deciding(judged(rollout, figures_of(rollout, now).counted, now), rollout.terms)


def judged(rollout: RemoteRollout, counted: Counted, now: datetime) -> list[Judgment]:
    """One judgment for each guardrail that the data allows."""
    step = rollout.as_value().current
    rule = step.rule if step else Rule.SAMPLE
    every = judgments(counted, rollout.terms, rule, rollout.weight, now)
    return with_breaches(every, rollout.terms)


def figures_of(rollout: RemoteRollout, now: datetime) -> Figures:
    """Of whole minutes since the current share was deployed, without its cold start."""
    can, since = capabilities_of(rollout.account), _since(rollout)
    counts: Reading[MinuteCounts] = Reading(problem="counts_forbidden")
    if can[Capability.COUNTS].works:
        counts = _counts(rollout, since, now)
    logs: Reading[ErrorCounts] = Reading(problem="no_logs")
    if can[Capability.SERVER_ERRORS].works:
        logs = _logs(rollout, since, now)
    counted = Counted(
        counts=counts.value,
        candidate_id=rollout.candidate.id,
        stable_id=rollout.stable.id,
        covers=(rollout.ready_at or rollout.since) + _bake(rollout),
        logged=_logged(rollout, logs),
        problem=counts.problem if counts.problem == "counts_forbidden" else "",
    )
    return Figures(counted, counts, logs)


def _counts(rollout: RemoteRollout, since: datetime, now: datetime) -> Reading[MinuteCounts]:
    account, name = rollout.account, rollout.worker_name
    what = f"minutes.{name}.{int(since.timestamp())}"
    return reading(
        account, what, lambda: provider_of(account).minute_counts(name, since), now, FIGURES
    )


def _logs(rollout: RemoteRollout, since: datetime, now: datetime) -> Reading[ErrorCounts]:
    account = rollout.account
    what = f"errors.{int(since.timestamp())}"
    fresh = max(LOGS, LOGS_FACTOR * _fresh(rollout, now))
    return reading(account, what, lambda: provider_of(account).server_errors(since), now, fresh)


def _logged(rollout: RemoteRollout, logs: Reading[ErrorCounts]) -> Logged:
    if logs.value is None:
        return Logged(problem="no_logs")
    found: Mapping[tuple[str, str], Any] = logs.value.versions
    ids = (rollout.candidate.id, rollout.stable.id)
    counts = [found.get((rollout.worker_name, version_id)) for version_id in ids]
    candidate, stable = [(c.seen, c.seen_failed) if c else (0, 0) for c in counts]
    if not candidate[0] and not stable[0]:
        return Logged(problem="nothing_logged")
    return Logged(candidate, stable, logs.value.as_of)


def _since(rollout: RemoteRollout) -> datetime:
    """The first whole minute after the cold start, and after the probes that confirmed the share:
    analytics count those as requests."""
    begins = rollout.since + min(COLD_START, _bake(rollout) / 5)
    begins = max(begins, rollout.ready_at or begins)
    whole = begins.replace(second=0, microsecond=0)
    return whole if whole == begins else whole + timedelta(minutes=1)


def _bake(rollout: RemoteRollout) -> timedelta:
    step = rollout.as_value().current
    if step is None or step.weight == TOTAL:
        return rollout.terms.final_bake
    return step.bake
