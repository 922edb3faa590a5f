"""The form of a plan: fields as submitted, and the plan that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from dashboard.rollouts.decisions.plan import (
    MOST_STEPS,
    PRESETS,
    Plan,
    PlanError,
    Step,
    parse_steps,
)
from dashboard.rollouts.external_guardrails.validation import check_external
from dashboard.rollouts.plans.form.step_rows import (
    LONGEST_TEXT,
    Errors,
    StepRow,
    row_of_step,
    rows_of_query,
    steps_of_rows,
    weight_of,
)
from dashboard.rollouts.plans.form.values import read_number, read_time, whole
from dashboard.rollouts.plans.plan_text import plan_with
from dashboard.times.durations import parse_duration
from dashboard.times.hours import DAYS, AllowedHours
from routing.rules.split import TOTAL

TEXTS = ("final_bake", "on_harm", "min_sample", "min_callers", "undo_window", "expiry", "recheck")
USUAL = Plan(parse_steps(PRESETS["canary"]), final_bake=parse_duration("30m"))
LONGEST_GUARDRAILS = 50_000


@dataclass(frozen=True, slots=True)
class PlanForm:
    """`texts`: by the plan's field names (`error_limit` in percent), `confirm` (yes or no), and
    `begins`, `ends`, `zone` of the hours. `breaches`: guardrail → what a breach does. `outside`:
    JSON of prometheus and webhooks."""

    rows: tuple[StepRow, ...]
    texts: Mapping[str, str]
    in_hours: bool = False
    days: tuple[str, ...] = DAYS[:5]
    breaches: Mapping[str, str] = field(default_factory=dict)
    outside: str = ""
    steps_error: str = ""

    @classmethod
    def of_plan(cls, plan: Plan) -> PlanForm:
        """The form of an existing plan."""
        written, hours = plan.as_json(), plan.hours
        texts = {name: str(written[name] or "") for name in TEXTS}
        texts |= {
            "margin": f"{plan.margin:g}",
            "error_limit": f"{plan.error_limit * 100:g}",
            "confirm": "yes" if plan.confirm_review else "no",
            "begins": f"{hours.begins:%H:%M}" if hours else "09:00",
            "ends": f"{hours.ends:%H:%M}" if hours else "16:00",
            "zone": hours.zone if hours else "UTC",
        }
        outside = {name: written[name] for name in ("prometheus", "webhooks") if written[name]}
        return cls(
            rows=tuple(row_of_step(step) for step in plan.steps if step.weight < TOTAL),
            texts=texts,
            in_hours=hours is not None,
            days=tuple(day for day in DAYS if day in hours.days) if hours else DAYS[:5],
            breaches=written["on_breach"],
            outside=json.dumps(outside, indent=2) if outside else "",
        )

    @classmethod
    def from_query(cls, data: QueryDict, base: Plan = USUAL) -> PlanForm:
        """The submitted form; missing fields are those of `base`. Steps may also come in short
        form or as a preset, as `?steps=…` and `?preset=…`."""
        form = cls.of_plan(base)
        texts = {name: data.get(name, text)[:LONGEST_TEXT] for name, text in form.texts.items()}
        form = replace(form, texts=texts)
        if "table" not in data:  # a link, or a script: the steps are in short form
            short = PRESETS.get(data.get("preset", ""), "") or data.get("steps", "").strip()
            return form.with_steps(short) if short else form
        return replace(
            form,
            rows=rows_of_query(data),
            in_hours="in_hours" in data,
            days=tuple(day for day in DAYS if day in data.getlist("day")),
            breaches={
                name.removeprefix("breach-"): data.get(name, "")
                for name in data
                if name.startswith("breach-") and data.get(name)
            },
            outside=data.get("outside", "")[:LONGEST_GUARDRAILS],
        )

    def with_steps(self, short: str) -> PlanForm:
        """With the steps of a preset or a text in short form."""
        try:
            steps = parse_steps(PRESETS.get(short, short))
        except PlanError as error:
            return replace(self, steps_error=str(error))
        rows = tuple(row_of_step(step) for step in steps if step.weight < TOTAL)
        return replace(self, rows=rows, steps_error="")

    def with_row(self) -> PlanForm:
        """With another step, half-way between the last one and 100%."""
        weights = [weight_of(row) or 0 for row in self.rows]
        half = (max(weights, default=0) + TOTAL) // 2
        row = StepRow(f"{max(1, round(half / 1000))}")
        return replace(self, rows=(*self.rows, row)) if len(self.rows) < MOST_STEPS - 1 else self

    def without_row(self, index: int) -> PlanForm:
        return replace(self, rows=self.rows[:index] + self.rows[index + 1 :])

    def with_bake(self, index: int, bake: str) -> PlanForm:
        """With another bake time of one step."""
        rows = list(self.rows)
        if 0 <= index < len(rows):
            rows[index] = replace(rows[index], bake=bake)
        return replace(self, rows=tuple(rows))

    def after_button(self, do: str) -> PlanForm:
        """After a button: `preset:canary`, `add`, `remove:2`, `bake:2:12m`."""
        verb, _, what = do.partition(":")
        if verb == "preset":
            return self.with_steps(what)
        if verb == "add":
            return self.with_row()
        number, _, bake = what.partition(":")
        index = int(number) - 1 if number.isdigit() else -1
        if verb == "remove" and index >= 0:
            return self.without_row(index)
        return self.with_bake(index, bake) if verb == "bake" else self

    def check(self, suite: str, base: Plan = USUAL) -> tuple[Plan | None, Errors]:
        """The plan, or None with an error for each invalid field. Terms without a field are
        those of `base`."""
        steps, errors = steps_of_rows(self.rows)
        if self.steps_error:
            errors["steps"] = self.steps_error
        terms = self._terms(errors)
        for name, value in terms.items():
            _collect(errors, base, name, value)
        if errors:
            return None, errors
        try:
            plan = plan_with(replace(base, steps=(*steps, Step(TOTAL))), terms)
            check_external(plan.external, suite)
        except PlanError as error:
            return None, {_own_field(error.field): str(error)}
        return plan, {}

    def _terms(self, errors: Errors) -> dict[str, Any]:
        terms: dict[str, Any] = {
            name: self.texts[name].strip() for name in TEXTS if not name.startswith("min_")
        }
        for name in ("min_sample", "min_callers"):
            terms[name] = read_number(errors, name, self.texts[name], whole)
        terms["margin"] = read_number(errors, "margin", self.texts["margin"], float)
        percent = read_number(errors, "error_limit", self.texts["error_limit"], float)
        terms["error_limit"] = None if percent is None else percent / 100
        terms["confirm_review"] = self.texts["confirm"] != "no"
        terms["hours"] = self._hours(errors) if self.in_hours else "any"
        return terms | {"on_breach": dict(self.breaches)} | self._outside(errors)

    def _hours(self, errors: Errors) -> dict[str, Any] | None:
        if not self.days:
            errors["day"] = "Choose a day, or let it step up at any time."
        clock = {name: read_time(errors, name, self.texts[name]) for name in ("begins", "ends")}
        begins, ends = clock["begins"], clock["ends"]
        if not self.days or begins is None or ends is None:
            return None
        if begins >= ends:
            errors["ends"] = f"Write a time after {begins:%H:%M}."
            return None
        try:
            hours = AllowedHours(frozenset(self.days), begins, ends, self.texts["zone"].strip())
        except ValueError as error:
            errors["zone"] = f"{error}."
            return None
        return hours.as_json()

    def _outside(self, errors: Errors) -> dict[str, Any]:
        """Prometheus queries and webhooks."""
        try:
            data = json.loads(self.outside) if self.outside.strip() else {}
        except (ValueError, RecursionError) as error:
            errors["outside"] = f"This is not JSON: {error}."
            return {}
        if not isinstance(data, dict) or not set(data) <= {"prometheus", "webhooks"}:
            errors["outside"] = 'Write an object with "prometheus" and "webhooks".'
            return {}
        return {"prometheus": data.get("prometheus", []), "webhooks": data.get("webhooks", [])}


def _collect(errors: Errors, base: Plan, name: str, value: Any) -> None:
    """Checks each term alone, so that every invalid one is reported."""
    try:
        plan_with(base, {name: value})
    except PlanError as error:
        errors.setdefault(_own_field(error.field), str(error))


def _own_field(name: str) -> str:
    """The form field of a plan's field: `prometheus[0].limit` → `outside`."""
    if name.startswith(("prometheus", "webhooks")) or name == "name":
        return "outside"
    return name.replace("on_breach.", "breach-")
