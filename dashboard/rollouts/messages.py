"""Codes of decisions in words, for the page, the CLI and the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dashboard.observability.flags.failure_rate import percent
from dashboard.rollouts.decisions.plan import Rule
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.decisions.undo_window import REFUSALS
from dashboard.rollouts.external_guardrails import messages as external
from dashboard.rollouts.hooks import messages as hooks
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.slow_requests.budget import budget_from_json
from dashboard.times.durations import format_duration

STATES = {
    State.STAGING: "Staging",
    State.WAITING: "Waiting for edges",
    State.CHECKING: "Running checks",
    State.REVIEW: "Waiting for a confirmation",
    State.RAMPING: "Ramping",
    State.HELD: "Held",
    State.BAKING: "Final bake",
    State.DONE: "Done",
    State.ROLLING_BACK: "Rolling back",
    State.VERIFYING: "Checking that stable answers",
    State.ROLLED_BACK: "Rolled back",
    State.ABORTED: "Aborted",
    State.NEEDS_ATTENTION: "Needs attention",
}

#: Guardrail → name, what counts, limit.
GUARDRAILS = {
    "errors": ("Errors", "exceptions, 5xx, runtime failures; by caller", "not above stable"),
    "slow_p95": ("Slow requests, p95", "slower than {p95}; by caller", "not above stable"),
    "slow_p99": ("Slow requests, p99", "slower than {p99}; by caller", "not above stable"),
    "limit": ("Error limit", "the same, whatever stable does", "{limit} of requests"),
    "processes": ("Processes", "cannot start, crashes, hangs, out of memory", "none"),
    "checks": ("Smoke checks", "run again while it ramps and in the final bake", "all pass"),
}

RULES = {
    Rule.PROVED: "moves on when proved",
    Rule.SAMPLE: "moves on with no harm and enough data",
    Rule.CHECKS: "moves on with no harm",
}

REASONS = {
    "started": "The rollout began.",
    "started_by_plan": "The rollout began, by the plan {plan_name}, edit {plan_edit}.",
    "staged": "Staged at 0%. No user request moves.",
    "edges_ready": "Every edge has the deployment.",
    "edges_waiting": "Waiting for {edges}.",
    "checks_asked": "The checks run.",
    "checks_run": "The checks run.",
    "checks_passed": "Every check passed.",
    "checks_failed": "A check failed.",
    "checks_broken": "A check was answered by another version, so it proves nothing.",
    "waits_for_confirmation": "Waiting for a person to confirm.",
    "asks_for_review": "The policy of this Worker asks for a review: it is open.",
    "waits_for_review": "Waiting for approvals: the policy of this Worker asks for a review.",
    "outside_policy_hours": "Outside the hours that the policy of this Worker allows.",
    "review_rejected": "Held: its review was rejected or withdrawn.",
    "review_expired": "Held: its review expired without a decision.",
    "suite_edited": "The suite was edited since: the checks run again.",
    "taken_over": "Took over from {from}.",
    "confirmed_by_person": "Confirmed by hand: the ramp may begin.",
    "confirmed": "The ramp begins: the candidate gets {percentage}.",
    "outside_hours": "Outside the plan's hours.",
    "bakes": "No harm seen. The step lasts until {until}.",
    "sample": "No harm in {requests} candidate requests.",
    "checks": "No harm found in {requests} candidate requests.",
    "proved": "Proved: not worse than the plan allows.",
    "too_few_requests": "Not yet: {requests} candidate requests so far.",
    "too_few_callers": "Not yet: {callers} callers so far.",
    "not_proved": "Not yet: not proved by {requests} candidate requests.",
    "step_safe": "Safe to step: the candidate gets {percentage}.",
    "waits_for_step": "Safe to step. Waiting for a person to step up.",
    "plan_changed": "Plan changed: edit {edit}, in force from the next step. {changes}.",
    "stepped_up": "Stepped up to {percentage} by hand.",
    "stepped_down": "Stepped down to {percentage} by hand.",
    "held_by_person": "Held by hand.",
    "person": "Held by hand.",
    "resumed": "Resumed.",
    "cause_gone": "The cause of the hold is gone.",
    "no_figures": "Cannot judge: no figures.",
    "edge_silent": "Cannot judge: an edge does not report.",
    "counts_lost": "Cannot judge: counts were lost.",
    "figures_late": "Cannot judge: the figures are late.",
    "deployed_elsewhere": "Held: this Worker was deployed outside the rollout.",
    "worse_than_stable": "Harm: {failed} of {requests} candidate requests failed, "
    "{stable_failed} of {stable_requests} on stable.",
    "slower_than_stable": "Harm: {slow} of {requests} candidate requests took more than "
    "{threshold_ms} ms, {stable_slow} of {stable_requests} on stable.",
    "not_slower": "{slow} of {requests} candidate requests took more than {threshold_ms} ms, "
    "{stable_slow} of {stable_requests} on stable.",
    "no_budget": "No budget: stable had too few requests in the day before the rollout.",
    "over_the_limit": "Harm: {failed} of {requests} candidate requests failed, over the limit.",
    **external.REASONS,
    **hooks.REASONS,
    "processes_start": "Not yet: a process starts again at {edges}.",
    "processes_run": "The candidate's process runs on every edge.",
    "process_failed": "Harm: the candidate's process failed.",
    "out_of_memory": "Harm: the candidate's process ran out of memory at {edges}.",
    "process_hung": "Harm: the candidate's process hung at {edges} and was replaced.",
    "process_crashed": "Harm: the candidate's process crashed at {edges}.",
    "process_not_started": "Harm: the candidate's process cannot start at {edges}.",
    "within_the_limit": "{failed} of {requests} requests failed, within the limit.",
    "aborted_by_person": "Aborted by hand.",
    "verifying": "Checking that stable answers on every edge.",
    "verified": "Every edge has the deployment, and a fresh request through each ran stable.",
    "not_verified": "No proof that stable answers at {edges}.",
    "ended_unverified": "Ended by hand, without proof that stable answers on every edge.",
    "finished": "Finished by hand.",
    "undone": "Undone by hand: back to the former stable version.",
    "baked": "The final bake is over. The candidate is the new stable version.",
    "deployments_resumed": "Deployments by API token are allowed again.",
}


def nothing_changed(error: Exception) -> str:
    return f"Nothing changed. {error}"


def title(rollout: Rollout) -> str:
    """The state as a headline: "Held at 25%"."""
    return state_title(rollout.state, rollout.percentage)


def state_title(state: str, percentage: str, other: Mapping[str, str] | None = None) -> str:
    """`other` has titles that differ."""
    share = f" at {percentage}" if state in (State.RAMPING, State.HELD) else ""
    return (other or {}).get(state, STATES[State(state)]) + share


def reason(code: str, facts: Mapping[str, Any]) -> str:
    """One sentence for a code; a code without words is given as it is."""
    return worded(REASONS, code, facts)


def worded(table: Mapping[str, str], code: str, facts: Mapping[str, Any]) -> str:
    """`code` by a table of texts."""
    words = table.get(code)
    return words.format_map(_Facts(facts)) if words else code


def undo_refused(rollout: Rollout, code: str) -> str:
    """Why a finished rollout cannot be undone."""
    window = rollout.terms.undo_window
    until = rollout.ended_at + window if rollout.ended_at else None
    return REFUSALS[code].format(
        state=rollout.state.replace("_", " "),
        window=format_duration(window),
        until=f"{until:%Y-%m-%d %H:%M}" if until else "–",
    )


def guardrail(rollout: Rollout, name: str) -> tuple[str, str, str]:
    """Name of a guardrail, what it counts, and its limit, with the rollout's own numbers."""
    if words := external.guardrail_words(rollout.terms.external, name):
        return words
    budget = budget_from_json(rollout.slow_budget)
    numbers = {
        "limit": f"{rollout.terms.error_limit:.0%}",
        "p95": _milliseconds(budget.p95_us) or "stable's p95",
        "p99": _milliseconds(budget.p99_us) or "stable's p99",
    }
    title, counts, limit = GUARDRAILS[name]
    return title, counts.format(**numbers), limit.format(**numbers)


def slow_budget(rollout: Rollout) -> str:
    """ "above 210 ms (p95) and 480 ms (p99) of 12,000 requests to stable"."""
    budget = budget_from_json(rollout.slow_budget)
    parts = [
        f"{words} ({name})"
        for name, us in (("p95", budget.p95_us), ("p99", budget.p99_us))
        if (words := _milliseconds(us))
    ]
    if not parts:
        return "not judged: stable had too few requests in the day before"
    return f"above {' and '.join(parts)} of {budget.requests:,} requests to stable"


def slow_share(requests: int, slow: int) -> str:
    """ "16 of 800 slow (2%)"."""
    return f"{slow:,} of {requests:,} slow ({percent(slow / requests)})" if requests else "–"


def _milliseconds(us: int) -> str:
    return f"{us / 1000:,.0f} ms" if us else ""


def moved(rollout: Rollout) -> str:
    """Why a verb that was read at an older state did nothing: who moved it, when, to what."""
    last = rollout.events.order_by("-pk").first()
    now = f"It is {title(rollout).lower()} now, deployment {rollout.deployment_id}."
    if last is None:
        return f"Nothing changed: the rollout moved first. {now}"
    who = last.username or "the conductor"
    return f"Nothing changed: {who} moved the rollout at {last.at:%Y-%m-%d %H:%M:%S} UTC. {now}"


class _Facts(dict[str, Any]):
    """Numbers with separators, lists with commas; what is missing is a dash."""

    def __missing__(self, key: str) -> str:
        return "–"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if key in ("until", "breached_at") and value != "–":
            return f"{datetime.fromisoformat(value).astimezone(UTC):%H:%M:%S} UTC"
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        return ", ".join(map(str, value)) if isinstance(value, list) else value
