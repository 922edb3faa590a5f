"""The buttons of a remote rollout's page: what a person can do now."""

from __future__ import annotations

from dashboard.rollouts.decisions.states import ENDED, State
from dashboard.rollouts.page.buttons import Button
from dashboard.rollouts.remote.decide import ELSEWHERE
from dashboard.rollouts.remote.models import RemoteRollout


def buttons_of(rollout: RemoteRollout) -> list[Button]:
    """The available actions; abort is last."""
    state = State(rollout.state)
    stable = f"#{rollout.stable.number} gets 100%, over whatever is live. The rollout ends."
    if state in ENDED:
        return []
    if state is State.NEEDS_ATTENTION:
        keeps = "Ends the rollout and deploys nothing."
        again = Button("abort", "Send the rollback again", "undo-2", "abort", stable)
        return [Button("leave", "End, keep what is live", "circle-x", "danger", keeps), again]
    if rollout.goes_back:
        return []
    buttons = _state_buttons(rollout, state) if rollout.pending is None else []
    words = "Abort and roll back" if rollout.weight else "Abort"
    return [*buttons, Button("abort", words, "circle-x", "abort", stable)]


def _state_buttons(rollout: RemoteRollout, state: State) -> list[Button]:
    buttons, value = [], rollout.as_value()
    if state is State.REVIEW and not rollout.required and not rollout.review_confirmed:
        buttons.append(Button("confirm", "Confirm, start the ramp", "check", "primary"))
    if state is State.HELD:
        buttons += _held_buttons(rollout)
    else:
        buttons.append(Button("hold", "Hold", "pause"))
    on_ramp = State(rollout.before_hold or state) is State.RAMPING
    if rollout.hold in ELSEWHERE:
        return buttons
    if on_ramp and value.following is not None:
        words = f"Step up to {value.following.percentage}"
        buttons.append(Button("step", words, "arrow-up-right", asks="Ignores the guardrails."))
    if on_ramp and rollout.step >= 0:
        lower = value.plan.steps[rollout.step - 1].percentage if rollout.step else "0%"
        buttons.append(Button("step-down", f"Step down to {lower}", "arrow-down-right"))
    if state is State.BAKING:
        buttons.append(Button("finish", "Finish now", "flag", asks="Ends the final bake."))
    return buttons


def _held_buttons(rollout: RemoteRollout) -> list[Button]:
    keeps = "Ends the rollout and deploys nothing."
    leave = Button("leave", "End, keep what is live", "circle-x", "", keeps)
    if rollout.hold in ELSEWHERE and rollout.reason == "overwrote":
        return [Button("resume", "Keep ours and go on", "play", "primary"), leave]
    if rollout.hold in ELSEWHERE:
        ours = f"Deploys the candidate at {rollout.percentage} again, over what is live now."
        return [Button("put-back", "Put ours back", "undo-2", "primary", ours), leave]
    if rollout.before_hold == State.CHECKING:
        return [Button("retry", "Run the checks again", "refresh-cw", "primary")]
    return [Button("resume", "Resume", "play", "primary")]
