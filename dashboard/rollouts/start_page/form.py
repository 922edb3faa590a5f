"""The form of the start page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.rollouts.models import SavedPlanEdit
from dashboard.rollouts.plans.form.form import PlanForm


@dataclass(frozen=True, slots=True)
class StartForm:
    """The fields as submitted. `saved`: the saved plan of the terms; `do`: a button other than
    Start. `plan_name` and `plan_scope` (worker or all) are for saving."""

    plan: PlanForm
    version: str = ""
    suite: str = ""
    expected: str = ""
    consent: bool = False
    saved: SavedPlanEdit | None = None
    do: str = ""
    plan_name: str = ""
    plan_scope: str = "worker"

    @classmethod
    def from_query(cls, data: QueryDict, plans: Sequence[SavedPlanEdit]) -> StartForm:
        """`plans`: those that the Worker can use. `?plan=ID` selects one."""
        saved = next((p for p in plans if str(p.saved_plan_id) == data.get("plan", "")), None)
        linked = saved is not None and "table" not in data
        plan = PlanForm.of_plan(saved.plan) if saved and linked else PlanForm.from_query(data)
        do = data.get("do", "")
        return cls(
            plan=plan,
            version=data.get("version", ""),
            suite=data.get("suite", ""),
            expected=data.get("expected", ""),
            consent="consent" in data,
            saved=saved,
            do=do,
            plan_name=data.get("plan_name", "") or (saved.saved_plan.name if saved else ""),
            plan_scope=data.get("plan_scope", _scope(saved)),
        )

    def changed(self) -> StartForm:
        """After its button: another preset, plan, row, or bake time."""
        if self.do == "use" and self.saved is not None:
            saved = self.saved.saved_plan
            return replace(
                self,
                plan=PlanForm.of_plan(self.saved.plan),
                plan_name=saved.name,
                plan_scope=_scope(self.saved),
            )
        return replace(self, plan=self.plan.after_button(self.do))


def _scope(saved: SavedPlanEdit | None) -> str:
    return "all" if saved is not None and saved.saved_plan.worker_id is None else "worker"
