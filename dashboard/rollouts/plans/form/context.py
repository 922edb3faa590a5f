"""The context of the plan form: fields, errors, and what each step detects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.rollouts import messages as room_messages
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.plans import messages
from dashboard.rollouts.plans.detection import Notice, StepDetection, Traffic, detection
from dashboard.rollouts.plans.form.form import PlanForm
from dashboard.rollouts.plans.form.step_rows import Errors, StepRow, weight_of
from routing.rules.split import TOTAL

PRESETS = (
    ("careful", "Careful"),
    ("canary", "Canary"),
    ("all-at-once", "All at once"),
    ("checks-only", "Checks only"),
)


@dataclass(frozen=True, slots=True)
class DetectedRise:
    """Time until a rise is detected, as text. `late`: the step ends before."""

    words: str
    fit: str
    late: bool


@dataclass(frozen=True, slots=True)
class StepFields:
    """One row of the table. `fixed`: the step has begun. `longer`: an advised bake time, or
    empty."""

    number: int
    typed: StepRow
    weight: int | None
    gets: str = ""
    twice: DetectedRise | None = None
    five: DetectedRise | None = None
    advice: str = ""
    longer: str = ""
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class TextField:
    """One input; a select if it has `choices`."""

    name: str
    label: str
    hint: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class GuardrailField:
    """One built-in guardrail, with what its breach does."""

    name: str
    label: str
    counts: str
    value: str


@dataclass(frozen=True)
class PlanFields:
    """The form with its errors and, if it is a valid plan, what its steps detect."""

    form: PlanForm
    errors: Errors
    plan: Plan | None
    traffic: Traffic
    rows: Sequence[StepFields]
    last: StepFields

    presets = PRESETS
    rules = tuple(messages.RULES.items())
    breaches = tuple(messages.BREACHES.items())
    days = tuple(messages.DAYS.items())

    @property
    def fields(self) -> list[TextField]:
        return [_field(self.form.texts, name) for name in messages.FIELDS]

    @property
    def guardrails(self) -> list[GuardrailField]:
        return [
            GuardrailField(name, words[0], words[1], self.form.breaches.get(name, ""))
            for name, words in room_messages.GUARDRAILS.items()
        ]

    @property
    def problems(self) -> list[str]:
        """Errors with their labels."""
        return [messages.problem(name, words) for name, words in self.errors.items()]

    @property
    def ramp_takes(self) -> timedelta:
        """The minimum time until 100%."""
        return (
            sum((step.bake for step in self.plan.steps[:-1]), timedelta())
            if self.plan
            else timedelta()
        )

    @property
    def shares(self) -> str:
        """ "1% to 50%", for the summary; empty without a ramp."""
        ramp = self.plan.steps[:-1] if self.plan else ()
        if not ramp:
            return ""
        first, last = ramp[0].percentage, ramp[-1].percentage
        return first if len(ramp) == 1 else f"{first} to {last}"


def plan_fields(
    form: PlanForm, errors: Errors, plan: Plan | None, traffic: Traffic, begun: int = 0
) -> PlanFields:
    """`begun`: number of steps that have begun and cannot change."""
    detected = detection(plan, traffic) if plan else []
    rows = [
        _row(number, typed, detected[number - 1] if detected else None, number <= begun)
        for number, typed in enumerate(form.rows, 1)
    ]
    last = _row(len(rows) + 1, StepRow("100"), detected[-1] if detected else None, True)
    return PlanFields(form, errors, plan, traffic, rows, last)


def _row(number: int, typed: StepRow, detected: StepDetection | None, fixed: bool) -> StepFields:
    weight = weight_of(typed)
    if detected is None or weight is None or not 0 < weight <= TOTAL:
        return StepFields(number, typed, weight, fixed=fixed)
    twice, five, _ = detected.notices
    longer = detected.facts.get("minutes") if detected.code == "too_short" else None
    return StepFields(
        number,
        typed,
        weight,
        gets=messages.rate_in_words(detected.gets),
        twice=_noticed(twice),
        five=_noticed(five),
        advice=messages.sentence(detected),
        longer=messages.bake_to_write(longer) if longer and not fixed else "",
        fixed=fixed,
    )


def _noticed(notice: Notice) -> DetectedRise | None:
    if notice.minutes is None:
        return None
    words = messages.minutes_in_words(notice.minutes)
    return DetectedRise(words, messages.FITS[notice.fit], notice.fit == "too_late")


def _field(texts: Mapping[str, str], name: str) -> TextField:
    label, hint = messages.FIELDS[name]
    choices: Sequence[tuple[str, str]] = ()
    if name == "on_harm":
        choices = [(OnHarm.ABORT.value, "Roll back"), (OnHarm.HOLD.value, "Hold")]
    if name == "confirm":
        choices = [("yes", "Wait for a person"), ("no", "Go on by itself")]
    numeric = name in ("min_sample", "min_callers")
    return TextField(name, label, hint, texts[name], choices, numeric)
