"""What the form of a plan shows beside what was typed: for each step what it can notice."""

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
class Noticed:
    """One ratio of a row in words; `late` when the step ends before."""

    words: str
    fit: str
    late: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One step as the table shows it; `fixed` when it runs or is over. `longer` is the bake time
    that is advised, empty when none is."""

    number: int
    typed: StepRow
    weight: int | None
    gets: str = ""
    twice: Noticed | None = None
    five: Noticed | None = None
    advice: str = ""
    longer: str = ""
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class TextField:
    """One term in a box; `choices` make it a select."""

    name: str
    label: str
    hint: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class GuardrailField:
    """One built-in guardrail, and what its breach does."""

    name: str
    label: str
    counts: str
    value: str


@dataclass(frozen=True)
class PlanFields:
    """The form with its errors, and what its steps can notice where it is a plan."""

    form: PlanForm
    errors: Errors
    plan: Plan | None
    traffic: Traffic
    rows: Sequence[Row]
    last: Row

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
        """Each error with its place."""
        return [messages.problem(name, words) for name, words in self.errors.items()]

    @property
    def ramp_takes(self) -> timedelta:
        """At least so long until 100%."""
        return (
            sum((step.bake for step in self.plan.steps[:-1]), timedelta())
            if self.plan
            else timedelta()
        )

    @property
    def shares(self) -> str:
        """ "1% to 50%", for the summary; empty when it goes to 100% at once."""
        ramp = self.plan.steps[:-1] if self.plan else ()
        if not ramp:
            return ""
        first, last = ramp[0].percentage, ramp[-1].percentage
        return first if len(ramp) == 1 else f"{first} to {last}"


def plan_fields(
    form: PlanForm, errors: Errors, plan: Plan | None, traffic: Traffic, begun: int = 0
) -> PlanFields:
    """`begun` steps run or are over: they are not changed any more."""
    detected = detection(plan, traffic) if plan else []
    rows = [
        _row(number, typed, detected[number - 1] if detected else None, number <= begun)
        for number, typed in enumerate(form.rows, 1)
    ]
    last = _row(len(rows) + 1, StepRow("100"), detected[-1] if detected else None, True)
    return PlanFields(form, errors, plan, traffic, rows, last)


def _row(number: int, typed: StepRow, detected: StepDetection | None, fixed: bool) -> Row:
    weight = weight_of(typed)
    if detected is None or weight is None or not 0 < weight <= TOTAL:
        return Row(number, typed, weight, fixed=fixed)
    twice, five, _ = detected.notices
    longer = detected.facts.get("minutes") if detected.code == "too_short" else None
    return Row(
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


def _noticed(notice: Notice) -> Noticed | None:
    if notice.minutes is None:
        return None
    words = messages.minutes_in_words(notice.minutes)
    return Noticed(words, messages.FITS[notice.fit], notice.fit == "too_late")


def _field(texts: Mapping[str, str], name: str) -> TextField:
    label, hint = messages.FIELDS[name]
    choices: Sequence[tuple[str, str]] = ()
    if name == "on_harm":
        choices = [(OnHarm.ABORT.value, "Roll back"), (OnHarm.HOLD.value, "Hold")]
    if name == "confirm":
        choices = [("yes", "Wait for a person"), ("no", "Go on by itself")]
    numeric = name in ("min_sample", "min_callers")
    return TextField(name, label, hint, texts[name], choices, numeric)
