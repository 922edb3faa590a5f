"""The buttons of a rollout's page: what a person can do now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.rollouts.actions.undo_problem import undo_problem
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, TAKES_TRAFFIC, State
from dashboard.rollouts.external_guardrails.rechecks import HOLDS as RECHECK_HOLDS
from dashboard.rollouts.models import Rollout
from routing.rules.split import format_percentage


@dataclass(frozen=True, slots=True)
class Button:
    """An available action. `asks`: text of its confirmation dialog, empty for none; `choices`:
    target shares."""

    verb: str
    words: str
    icon: str
    look: str = ""
    asks: str = ""
    choices: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Id of the button's popover."""
        return f"{self.verb}-to" if self.choices else self.verb


def buttons_of(rollout: Rollout, waits: bool, now: datetime) -> list[Button]:
    """The available actions; abort is last."""
    state, value = State(rollout.state), rollout.as_value()
    if state is State.DONE:
        return _undo_button(rollout, now)
    if state is State.NEEDS_ATTENTION:
        asks = f"#{rollout.stable.number} has 100%, but not every edge proved it."
        return [Button("abort", "End without proof", "circle-x", "danger", asks)]
    if state in ENDED | GOING_BACK:
        return [Button("resume", "Resume deploys", "play", "primary")] if waits else []
    buttons = []
    if state is State.REVIEW and not rollout.facts.get("review"):
        buttons.append(Button("confirm", "Confirm, start the ramp", "check", "primary"))
    if state is State.HELD and rollout.before_hold == State.CHECKING:
        buttons.append(Button("retry", "Run the checks again", "refresh-cw", "primary"))
    elif state is State.HELD:
        buttons.append(Button("resume", "Resume", "play", "primary"))
        if rollout.hold in RECHECK_HOLDS:
            buttons.append(Button("retry", "Run the checks again", "refresh-cw"))
    else:
        buttons.append(Button("hold", "Hold", "pause"))
    on_ramp = State(rollout.before_hold or state) is State.RAMPING
    if on_ramp and value.following is not None:
        words = f"Step up to {value.following.percentage}"
        buttons.append(Button("step", words, "arrow-up-right", asks="Ignores the guardrails."))
    if on_ramp and rollout.step >= 0:
        lower = value.plan.steps[rollout.step - 1].percentage if rollout.step else "0%"
        buttons.append(Button("step-down", f"Step down to {lower}", "arrow-down-right"))
    buttons += _step_to_button(rollout)
    if state is State.BAKING:
        buttons.append(Button("finish", "Finish now", "flag", asks="Ends the final bake."))
    stable = f"#{rollout.stable.number} gets 100%. Final: the rollout ends."
    words = "Abort and roll back" if rollout.weight else "Abort"
    return [*buttons, Button("abort", words, "circle-x", "abort", asks=stable)]


def _step_to_button(rollout: Rollout) -> list[Button]:
    """A step to any other share of the plan."""
    value, past_checks = rollout.as_value(), {State.REVIEW, *TAKES_TRAFFIC}
    if State(rollout.before_hold or rollout.state) not in past_checks:
        return []
    weights = [0, *(step.weight for step in value.upcoming.steps)]
    others = tuple(format_percentage(weight) for weight in weights if weight != rollout.weight)
    asks = "Up: ignores the guardrails. Down: on hold until a person resumes."
    return [Button("step", "Step to…", "list-checks", asks=asks, choices=others)]


def _undo_button(rollout: Rollout, now: datetime) -> list[Button]:
    """Empty if the rollout cannot be undone."""
    if undo_problem(rollout, now):
        return []
    number = rollout.stable.number
    asks = f"#{number} gets 100%. Data that #{rollout.candidate.number} wrote stays as it is."
    return [Button("undo", f"Undo, back to #{number}", "undo-2", "danger", asks)]
