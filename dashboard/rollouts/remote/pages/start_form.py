"""The fields that start a remote rollout, and the plan and checks that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from dashboard.rollouts.decisions.plan import PRESETS, Plan, PlanError
from dashboard.rollouts.plans.plan_text import plan_with
from dashboard.rollouts.remote import messages
from dashboard.smoketests.suites.document import Suite
from dashboard.smoketests.suites.parse import parse_yaml
from dashboard.smoketests.suites.yaml_format import SuiteError

FIELDS = ("steps", "final_bake", "on_harm", "min_sample")
LONGEST_CHECKS = 100_000


@dataclass(frozen=True, slots=True)
class StartForm:
    """The fields as submitted. `checks` is a suite in YAML, or empty."""

    version: str = ""
    expected: str = ""
    steps: str = PRESETS["canary"]
    final_bake: str = "30m"
    on_harm: str = "abort"
    min_sample: str = "100"
    confirm: bool = True
    checks: str = ""

    @classmethod
    def from_query(cls, data: QueryDict) -> StartForm:
        texts = {name: data.get(name, "").strip()[:1000] for name in FIELDS}
        return cls(
            version=data.get("version", ""),
            expected=data.get("expected", ""),
            confirm="confirm" in data,
            checks=data.get("checks", "")[:LONGEST_CHECKS],
            **texts,
        )

    def read(self) -> Read:
        """What the fields make, with what is wrong by field."""
        errors: dict[str, str] = {}
        plan, suite = None, None
        try:
            plan = plan_with(None, self._terms())
        except PlanError as error:
            errors[error.field] = str(error)
        except ValueError:
            errors["min_sample"] = messages.WHOLE_NUMBER
        try:
            suite = parse_yaml(self.checks) if self.checks.strip() else None
        except SuiteError as error:
            errors["checks"] = messages.refusal("suite_unreadable", {"problem": str(error)[:500]})
        return Read(None if errors else plan, suite, errors)

    def _terms(self) -> dict[str, object]:
        return {
            "steps": self.steps,
            "final_bake": self.final_bake or "0s",
            "on_harm": self.on_harm,
            "min_sample": int(self.min_sample),
            "min_callers": 0,  # callers are not known
            "confirm_review": self.confirm,
        }


@dataclass(frozen=True, slots=True)
class Read:
    """`plan` is None if a field is wrong."""

    plan: Plan | None
    suite: Suite | None
    errors: Mapping[str, str] = field(default_factory=dict)
