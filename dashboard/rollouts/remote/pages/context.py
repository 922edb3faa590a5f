"""What the page of a remote rollout shows, each part as of its own time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.messages import RANKS
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.capabilities import Capability, Level
from dashboard.cloud.provider.values import DeployState
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.rollouts.decisions.breaches import breach_of
from dashboard.rollouts.decisions.guardrails import Figures as Counts, Judgment
from dashboard.rollouts.decisions.states import ENDED, TAKES_TRAFFIC, State
from dashboard.rollouts.external_guardrails.messages import BREACHES
from dashboard.rollouts.page.buttons import Button
from dashboard.rollouts.page.context import (
    SIGNS,
    TONES,
    Milestone,
    PlanStep,
    StoryEntry,
    bake_progress,
    milestones_of,
    plan_steps,
)
from dashboard.rollouts.page.guardrail_rows import VERDICTS, Guardrail, plot_of
from dashboard.rollouts.remote import approvals, confirmation, messages
from dashboard.rollouts.remote.judgments import SERVER_ERRORS, figures_of as counts_of
from dashboard.rollouts.remote.models import RemoteApproval, RemoteRollout, RemoteRolloutEvent
from dashboard.rollouts.remote.observation import Figures, figures_of, judged
from dashboard.rollouts.remote.pages.buttons import buttons_of

NOT_JUDGED = ("no_logs", "nothing_logged")


@dataclass(frozen=True, slots=True)
class Known:
    """One source of what the page says. `as_of` None: nothing is known yet. `problem` says why
    there is nothing newer."""

    name: str
    words: str
    as_of: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Approvals:
    """`needed` 0: the policy asks for none. `why_not`: why this person's word does not count."""

    needed: int
    votes: Sequence[tuple[RemoteApproval, bool]]
    advisory: bool
    why_not: str = ""

    @property
    def valid(self) -> int:
        return sum(counts for _, counts in self.votes)


@dataclass(frozen=True, kw_only=True)
class RemoteRolloutPage:
    """The names are those of `RolloutPage`, so that both share their templates."""

    rollout: RemoteRollout
    title: str
    sentence: str
    tone: str
    sign: str
    milestones: Sequence[Milestone]
    steps: Sequence[PlanStep]
    buttons: Sequence[Button]
    story: Sequence[StoryEntry]
    guardrails: Sequence[Guardrail]
    progress: int | None
    progress_words: str
    ended: bool
    known: Sequence[Known]
    checks: Sequence[Mapping[str, Any]]
    check_problem: str
    approvals: Approvals
    deployments_wait: bool = False
    can_change_plan: bool = False
    next_steps: str = ""
    record_address: str = ""
    backtest_address: str = ""

    @property
    def address(self) -> str:
        return self.rollout.get_absolute_url()

    @property
    def version(self) -> str:
        candidate = self.rollout.candidate
        return f"#{candidate.number} {candidate.tag}".strip()


@dataclass(frozen=True, kw_only=True)
class DetailPage:
    """The whole page. `new_buttons`: those in the browser are of an older turn; `moved`: who was
    first. `pushed`: the header card leaves the buttons out, since they are not read again with
    it."""

    account: CloudAccount
    name: str
    page: RemoteRolloutPage
    can: Permission
    rendered_at: datetime
    new_buttons: bool
    moved: RemoteRolloutEvent | None = None
    pushed: bool = True


def detail_page(
    rollout: RemoteRollout,
    user: User,
    now: datetime,
    turn: int,
    moved: RemoteRolloutEvent | None = None,
) -> DetailPage:
    return DetailPage(
        account=rollout.account,
        name=rollout.worker_name,
        page=_page(rollout, user, now),
        can=permission(user, Role.OPERATOR),
        rendered_at=now,
        new_buttons=turn != rollout.turn,
        moved=moved,
    )


def _page(rollout: RemoteRollout, user: User, now: datetime) -> RemoteRolloutPage:
    """At most two calls, shared by all viewers, while the candidate has traffic."""
    state = State(rollout.state)
    watched = State(rollout.before_hold) if state is State.HELD else state
    figures = figures_of(rollout, now) if watched in TAKES_TRAFFIC else None
    percent, words = bake_progress(rollout, now)
    return RemoteRolloutPage(
        rollout=rollout,
        title=messages.title(rollout.state, rollout.percentage),
        sentence=messages.reason(rollout.reason, rollout.facts),
        tone=TONES.get(state, "plain"),
        sign=SIGNS[state],
        milestones=_milestones(rollout),
        steps=plan_steps(rollout),
        buttons=buttons_of(rollout),
        story=[_line(event) for event in rollout.events.order_by("-pk")[:50]],
        guardrails=_guardrails(rollout, figures, now) if figures else [],
        progress=percent,
        progress_words=words,
        ended=state in ENDED,
        known=_known(rollout, figures),
        checks=[
            {**result, "rank_words": RANKS[result["rank"]][0] if result["rank"] else ""}
            for result in rollout.check_run.get("results", [])
        ],
        check_problem=rollout.check_run.get("problem", ""),
        approvals=_approvals(rollout, user, now),
    )


def _milestones(rollout: RemoteRollout) -> list[Milestone]:
    reviewed = rollout.terms.confirm_review or bool(rollout.required)
    steps = milestones_of(rollout, reviewed)
    return [replace(m, word="Arrived") if m.word == "Edges" else m for m in steps]


def _guardrails(rollout: RemoteRollout, figures: Figures, now: datetime) -> list[Guardrail]:
    counts = counts_of(figures.counted)
    return [_guardrail(rollout, figures, counts, j) for j in judged(rollout, figures.counted, now)]


def _guardrail(
    rollout: RemoteRollout, figures: Figures, counts: Counts, judgment: Judgment
) -> Guardrail:
    tone, verdict = VERDICTS[judgment.verdict]
    if judgment.code in NOT_JUDGED:
        tone, verdict = "plain", "Not judged"
    name, what, limit = messages.GUARDRAILS[judgment.name]
    logged, is_logs = figures.counted.logged, judgment.name == SERVER_ERRORS
    candidate, stable = (
        (logged.candidate, logged.stable) if is_logs else (counts.candidate, counts.stable)
    )
    compares = judgment.name != "limit"
    return Guardrail(
        name=name,
        counts=what,
        limit=limit.format(limit=f"{rollout.terms.error_limit:.0%}"),
        stable=_rate(stable) if compares else "–",
        candidate=_rate(candidate),
        tone=tone,
        verdict=verdict,
        words=messages.reason(judgment.code, judgment.facts),
        plot=None if is_logs else plot_of(rollout.terms, counts, judgment),
        breach=BREACHES[breach_of(rollout.terms, judgment.name)],
    )


def _rate(counted: tuple[int, int]) -> str:
    requests, failed = counted
    return str(FailureRate(failed, requests))


def _known(rollout: RemoteRollout, figures: Figures | None) -> list[Known]:
    """Where each statement comes from, and until when it holds."""
    known = [_arrival(rollout)]
    if figures is None:
        return known
    counts = figures.counts.value
    words = messages.counting(figures.counted.reaches is not None, figures.counted.estimated)
    known.append(
        Known(
            "Requests and failures",
            words if counts else "",
            figures.counted.reaches if counts else None,
            _problem(figures.counts.problem),
        )
    )
    logs = figures.logs.value
    logged = figures.counted.logged.problem
    known.append(
        Known(
            "5xx answers",
            messages.reason(logged, {}) if logged else messages.LOGGED,
            logs.as_of if logs else None,
            _problem(figures.logs.problem) if figures.logs.problem != logged else "",
        )
    )
    return known


def _arrival(rollout: RemoteRollout) -> Known:
    """Probes cannot see a percentage: they tell versions that came or went."""
    if rollout.pending is not None or rollout.change is None:
        return Known("Arrived", messages.ARRIVAL["pending" if rollout.pending else "none"])
    probes = confirmation.verification(rollout)
    if probes is None:
        is_live = rollout.change.state != DeployState.OVERTAKEN
        words = messages.ARRIVAL["unverifiable" if is_live else "superseded"]
        return Known("Arrived", words, rollout.ready_at)
    state = "same_versions" if probes.state == "live" and not probes.decisive else probes.state
    words = messages.arrival(state, probes.right, probes.sent, probes.places)
    return Known("Arrived", words, probes.ended_at)


def _problem(problem: str) -> str:
    return messages.reason(problem, {}) if problem in messages.REASONS else problem


def _approvals(rollout: RemoteRollout, user: User, now: datetime) -> Approvals:
    requirement = approvals.requirement_of(rollout)
    support = capabilities_of(rollout.account)[Capability.APPROVALS]
    if requirement.rule is None:
        return Approvals(0, (), False)
    votes = approvals.newest_votes(rollout)
    valid = {vote.pk for vote in approvals.valid_approvals(rollout, votes, now)}
    code = approvals.why_not(rollout, requirement.rule, user)
    return Approvals(
        requirement.approvals,
        [(vote, vote.pk in valid) for vote in votes],
        support.level is not Level.FULL,
        messages.WHY_NOT[code] if code else "",
    )


def _line(event: RemoteRolloutEvent) -> StoryEntry:
    words, reason = messages.reason(event.code, event.facts), event.facts.get("reason")
    return StoryEntry(event, f"{words} “{reason}”" if reason else words)
