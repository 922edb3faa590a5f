"""The form that starts a rollout: what was typed, the plan it makes, and what the plan can see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from dashboard.observability.traffic import traffic
from dashboard.rollouts.plans.texts import plan_with
from dashboard.rollouts.ramp import PRESETS, Plan, PlanError, Step
from dashboard.rollouts.states import OnHarm
from dashboard.statistics.comparison import HARM_ALPHA
from dashboard.statistics.detection import minutes_to_notice
from routing.models import Version, Worker
from routing.rules.split import TOTAL

BASIS = timedelta(hours=24)
"""Traffic that the outlook is computed from."""
CHOICES = (
    ("canary", "Canary"),
    ("careful", "Careful"),
    ("all-at-once", "All at once"),
)


@dataclass(frozen=True, slots=True)
class StartForm:
    """Texts as they were typed; `plan` reads them."""

    version: str = ""
    steps: str = PRESETS["canary"]
    final_bake: str = "30m"
    on_harm: str = OnHarm.ABORT.value
    min_sample: str = "100"
    min_callers: str = "30"
    confirm: bool = True
    expected: str = ""
    consent: bool = False
    suite: str = ""

    @classmethod
    def read(cls, data: Mapping[str, str]) -> StartForm:
        """The form's fields, with its defaults for those that are missing."""
        preset = PRESETS.get(data.get("preset", ""), "")
        new = cls()
        return cls(
            version=data.get("version", ""),
            steps=preset or data.get("steps", "").strip() or new.steps,
            final_bake=data.get("final_bake", "").strip() or new.final_bake,
            on_harm=data.get("on_harm", new.on_harm),
            min_sample=data.get("min_sample", "").strip() or new.min_sample,
            min_callers=data.get("min_callers", "").strip() or new.min_callers,
            confirm=data.get("confirm", "yes") != "no",
            expected=data.get("expected", ""),
            consent="consent" in data,
            suite=data.get("suite", ""),
        )

    def plan(self) -> Plan:
        """Raises `PlanError`, which names the field."""
        return plan_with(
            None,
            {
                "steps": self.steps,
                "final_bake": self.final_bake,
                "on_harm": self.on_harm,
                "confirm_review": self.confirm,
                "min_sample": _whole(self.min_sample, "min_sample"),
                "min_callers": _whole(self.min_callers, "min_callers"),
            },
        )


@dataclass(frozen=True, slots=True)
class StepOutlook:
    """One step: requests a minute it gets, and minutes until a 2× and a 5× rise are noticed."""

    step: Step
    bake: timedelta
    gets: float
    notices: tuple[tuple[int, int | None, bool], ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the plan can see at the traffic of the last day; `problem` where it is no plan."""

    steps: tuple[StepOutlook, ...] = ()
    requests: int = 0
    failed: int = 0
    per_minute: float = 0.0
    errors_per_minute: float = 0.0
    problem: str = ""


def outlook_of(worker: Worker, form: StartForm, stable: Version | None) -> Outlook:
    """Two queries."""
    try:
        plan = form.plan()
    except PlanError as error:
        return Outlook(problem=str(error))
    now = timezone.now()
    versions = traffic(worker, now - BASIS, now).versions.values()
    requests = sum(v.requests for v in versions)
    failed = sum(v.failed for v in versions)
    minutes = BASIS / timedelta(minutes=1)
    per_minute, errors = requests / minutes, failed / minutes
    return Outlook(
        tuple(_step_outlook(plan, step, per_minute, errors) for step in plan.steps),
        requests,
        failed,
        per_minute,
        errors,
    )


def _step_outlook(plan: Plan, step: Step, per_minute: float, errors: float) -> StepOutlook:
    share = step.weight / TOTAL
    bake = plan.final_bake if step.weight == TOTAL else step.bake
    notices = []
    for ratio in (2, 5):
        needed = minutes_to_notice(errors, share, ratio, HARM_ALPHA / 2)
        in_time = needed is not None and timedelta(minutes=needed) <= bake
        notices.append((ratio, needed, in_time))
    return StepOutlook(step, bake, per_minute * share, tuple(notices))


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise PlanError(field, f"{text!r} is not a whole number.")
    return int(text)
