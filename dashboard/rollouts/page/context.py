"""The context of the rollout page: milestones, steps, guardrails, buttons, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from dashboard.reviews.review_check import was_requested
from dashboard.rollouts import messages
from dashboard.rollouts.decisions.plan import Step
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, TAKES_TRAFFIC, State
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.page.buttons import Button, buttons_of
from dashboard.rollouts.page.guardrail_rows import Guardrail, guardrail_rows
from dashboard.rollouts.progress import RolloutProgress, StoryEvent

MILESTONES = ("Stage", "Edges", "Checks", "Review", "Ramp", "Done")
_AT = {
    State.STAGING: 0,
    State.WAITING: 1,
    State.CHECKING: 2,
    State.REVIEW: 3,
    State.RAMPING: 4,
    State.BAKING: 5,
    State.DONE: 5,
}
_LAST_WORD = {State.BAKING: "Final bake", State.ABORTED: "Aborted"}
TONES = {
    State.DONE: "ok",
    State.ROLLED_BACK: "ok",
    State.ABORTED: "ok",
    State.HELD: "warn",
    State.REVIEW: "warn",
    State.ROLLING_BACK: "danger",
    State.NEEDS_ATTENTION: "danger",
}
SIGNS = {
    State.STAGING: "loader",
    State.WAITING: "loader",
    State.CHECKING: "list-checks",
    State.REVIEW: "clipboard-check",
    State.RAMPING: "trending-up",
    State.HELD: "pause",
    State.BAKING: "timer",
    State.DONE: "circle-check",
    State.ROLLING_BACK: "octagon-alert",
    State.VERIFYING: "radar",
    State.ROLLED_BACK: "undo-2",
    State.ABORTED: "circle-x",
    State.NEEDS_ATTENTION: "triangle-alert",
}


@dataclass(frozen=True, slots=True)
class Milestone:
    """`look` is done, now, held, failed or todo."""

    number: int
    word: str
    look: str


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step of the plan. `look` as in `Milestone`. At 100%, `bake` is the final bake."""

    step: Step
    look: str
    bake: timedelta

    @property
    def rule_words(self) -> str:
        return messages.RULES[self.step.rule] + ("" if self.step.automatic else ", by hand")


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """An event as text."""

    event: StoryEvent
    words: str


@dataclass(frozen=True)
class RolloutPage:
    """The rollout page."""

    rollout: Rollout
    title: str
    sentence: str
    tone: str
    sign: str
    milestones: Sequence[Milestone]
    steps: Sequence[PlanStep]
    buttons: Sequence[Button]
    story: Sequence[StoryEntry]
    guardrails: Sequence[Guardrail] = ()
    progress: int | None = None
    progress_words: str = ""
    ended: bool = False
    deployments_wait: bool = False

    @property
    def address(self) -> str:
        return self.rollout.get_absolute_url()

    @property
    def record_address(self) -> str:
        return reverse("rollouts:record", args=[self.rollout.worker.name, self.rollout.pk])

    @property
    def backtest_address(self) -> str:
        address = reverse("rollouts:backtest", args=[self.rollout.worker.name])
        return f"{address}?over={self.rollout.pk}"

    @property
    def version(self) -> str:
        """ "#63 v1.42.0", or "#63" without a tag."""
        candidate = self.rollout.candidate
        return f"#{candidate.number} {candidate.tag}".strip()

    @property
    def can_change_plan(self) -> bool:
        """Whether a new edit of the plan could change a later step."""
        state = State(self.rollout.state)
        return state not in ENDED | GOING_BACK and self.rollout.as_value().following is not None

    @property
    def next_steps(self) -> str:
        """Steps of the plan's pending edit; empty without one."""
        plan = self.rollout.as_value().next_plan
        return ", ".join(step.percentage for step in plan.steps) if plan else ""

    @property
    def can_abort(self) -> bool:
        """Whether a running rollout can be aborted."""
        return not self.ended and bool(self.abort_words)

    @property
    def abort_words(self) -> str:
        return next((button.words for button in self.buttons if button.verb == "abort"), "")


def page_of(rollout: Rollout, now: datetime) -> RolloutPage:
    """A constant number of queries."""
    state = State(rollout.state)
    percent, words = bake_progress(rollout, now)
    waits = rollout.worker.deploy_holds.filter(
        kind="after_rollback", rollout_id=rollout.pk
    ).exists()
    buttons = buttons_of(rollout, waits, now)
    return RolloutPage(
        rollout=rollout,
        title=messages.title(rollout),
        sentence=messages.reason(rollout.reason, rollout.facts),
        tone=TONES.get(state, "plain"),
        sign=SIGNS[state],
        milestones=milestones(rollout),
        steps=plan_steps(rollout),
        buttons=buttons,
        story=[_line(event) for event in rollout.events.order_by("-pk")[:50]],
        guardrails=guardrail_rows(rollout, now),
        progress=percent,
        progress_words=words,
        ended=state in ENDED,
        deployments_wait=waits,
    )


def milestones(rollout: Rollout) -> list[Milestone]:
    """The six milestones with their states."""
    return milestones_of(rollout, rollout.terms.confirm_review or was_requested(rollout.pk))


def milestones_of(rollout: RolloutProgress, reviewed: bool) -> list[Milestone]:
    """`reviewed`: a person or a policy has to agree before the ramp."""
    state = State(rollout.state)
    back = state in GOING_BACK | {State.ROLLED_BACK, State.ABORTED}
    held = state is State.HELD
    at = 5 if back else _AT[State(rollout.before_hold) if held else state]
    failed = 4 if back and rollout.had_traffic else -1
    words = [*MILESTONES[:5], _LAST_WORD.get(state, "Rolled back" if back else "Done")]
    looks = [_look(i, at, failed, held, state) for i in range(6)]
    for index, word in _left_out(rollout, reviewed):
        words[index], looks[index] = word, "todo"
    if back and not rollout.had_traffic:  # the events tell how far it came
        looks[1:5] = ["todo"] * 4
    return [Milestone(i + 1, word, looks[i]) for i, word in enumerate(words)]


def _left_out(rollout: RolloutProgress, reviewed: bool) -> list[tuple[int, str]]:
    """(index, label) of milestones that this rollout skips."""
    left_out = [] if rollout.has_checks else [(2, "No checks")]
    return left_out if reviewed else [*left_out, (3, "No review")]


def _look(index: int, at: int, failed: int, held: bool, state: State) -> str:
    if index == failed:
        return "failed"
    if index < at and (failed < 0 or index < failed):
        return "done"
    if index == at:
        return "held" if held else "done" if state in ENDED else "now"
    return "todo"


def plan_steps(rollout: RolloutProgress) -> list[PlanStep]:
    plan, state = rollout.terms, State(rollout.state)
    ended = state is State.DONE
    rows = []
    for index, step in enumerate(plan.steps):
        last = index == len(plan.steps) - 1
        look = "done" if index < rollout.step or ended else "todo"
        if index == rollout.step and not ended:
            look = {State.HELD: "held"}.get(state, "now")
            look = "failed" if state in GOING_BACK | {State.ROLLED_BACK} else look
        rows.append(PlanStep(step, look, plan.final_bake if last else step.bake))
    return rows


def bake_progress(rollout: RolloutProgress, now: datetime) -> tuple[int | None, str]:
    """Elapsed bake time in percent, and as text; None if nothing bakes."""
    state, plan = State(rollout.state), rollout.terms
    if state not in TAKES_TRAFFIC:
        return None, ""
    step = rollout.as_value().current
    bake = plan.final_bake if state is State.BAKING else step.bake if step else timedelta(0)
    if not bake:
        return None, ""
    over = max(timedelta(0), min(now - rollout.since, bake))  # a clock may have been set back
    seconds, total = int(over.total_seconds()), int(bake.total_seconds())
    return round(100 * seconds / total), f"{_span(seconds)} of {_span(total)}"


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _line(event: RolloutEvent) -> StoryEntry:
    words = messages.reason(event.code, event.facts)
    reason = event.facts.get("reason")
    return StoryEntry(event, f"{words} “{reason}”" if reason else words)
