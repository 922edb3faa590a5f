"""Saves, finds, renames and deletes saved plans, with entries in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from dashboard.rollouts.actions.actions import ActionRequest
from dashboard.rollouts.decisions.plan import PRESETS, Plan
from dashboard.rollouts.plans.models import SavedPlan, SavedPlanEdit
from routing.control import audit
from routing.models import Worker

LONGEST_NAME = 60


class SavedPlanError(Exception):
    """Nothing was saved. `code` is `name`, `taken`, `conflict` or `gone`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def save(
    name: str,
    plan: Plan,
    worker: Worker | None,
    by: ActionRequest,
    expected_edit: int | None = None,
) -> SavedPlanEdit:
    """Saves a new edit and returns it, or the newest edit if nothing changed. `worker` None: for
    all Workers. Raises `SavedPlanError` if `expected_edit` (0: no such plan) is not the newest
    edit."""
    name = _checked(name)
    try:
        with transaction.atomic():
            return _save(name, plan, worker, by, expected_edit)
    except IntegrityError as error:
        raise SavedPlanError("conflict", f"{name!r} was saved at the same moment.") from error


def newest(worker: Worker | None, name: str) -> SavedPlanEdit | None:
    """The newest edit of the plan `name`: the Worker's own, else the one for all Workers. Without a
    Worker only the latter."""
    rows = _usable(worker).filter(saved_plan__name=name)
    return max(rows, key=_own_then_newest, default=None)


def usable(worker: Worker | None) -> list[SavedPlanEdit]:
    """The newest edit of each plan that this Worker can use, by name. One query."""
    return _newest_each(_usable(worker))


def rename(saved: SavedPlan, name: str, by: ActionRequest) -> SavedPlan:
    """Raises `SavedPlanError` when the name is in use."""
    before, saved.name = saved.name, _checked(name)
    try:
        with transaction.atomic():
            saved.save(update_fields=["name"])
            _audit("rename", saved, by, {"name": before}, {"name": saved.name})
    except IntegrityError as error:
        raise SavedPlanError("taken", f"There is a plan called {saved.name!r} already.") from error
    return saved


def delete(saved: SavedPlan, by: ActionRequest) -> None:
    """Deletes the plan with its edits. Rollouts have their own copy."""
    with transaction.atomic():
        edit = saved.edits.first()
        before = {"name": saved.name, "plan": edit.document if edit else None}
        _audit("delete", saved, by, before, None)
        saved.delete()


def _save(
    name: str, plan: Plan, worker: Worker | None, by: ActionRequest, expected_edit: int | None
) -> SavedPlanEdit:
    saved = SavedPlan.objects.filter(worker=worker, name=name).first()
    last = saved.edits.select_related("author").first() if saved else None
    if expected_edit is not None and expected_edit != (last.number if last else 0):
        raise SavedPlanError("conflict", _conflict(name, last))
    if last is not None and last.document == plan.as_json():
        return last
    if saved is None:
        saved = SavedPlan.objects.create(worker=worker, name=name, created_at=by.now)
    edit = SavedPlanEdit.objects.create(
        saved_plan=saved,
        number=last.number + 1 if last else 1,
        document=plan.as_json(),
        author=by.user,
        created_at=by.now,
    )
    before = {"edit": last.number, "plan": last.document} if last else None
    _audit("save", saved, by, before, {"name": name, "edit": edit.number, "plan": edit.document})
    return edit


def _conflict(name: str, last: SavedPlanEdit | None) -> str:
    if last is None:
        return f"There is no plan called {name!r} any more."
    who = last.author.username if last.author else "the system"
    when = f"{last.created_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"Not saved: {who} saved edit {last.number} of {name!r} at {when}. Use that one first."


def _checked(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise SavedPlanError("name", f"Write a name of 1 to {LONGEST_NAME} characters.")
    if name in PRESETS:
        raise SavedPlanError("name", f"{name!r} is a preset. Choose another name.")
    return name


def _edits() -> QuerySet[SavedPlanEdit]:
    return SavedPlanEdit.objects.select_related("saved_plan__worker", "author")


def _usable(worker: Worker | None) -> QuerySet[SavedPlanEdit]:
    for_all = Q(saved_plan__worker=None)
    return _edits().filter(for_all | Q(saved_plan__worker=worker) if worker else for_all)


def _newest_each(rows: QuerySet[SavedPlanEdit]) -> list[SavedPlanEdit]:
    newest_by_plan: dict[int, SavedPlanEdit] = {}
    for row in rows.order_by("number"):
        newest_by_plan[row.saved_plan_id] = row
    return sorted(newest_by_plan.values(), key=_by_name)


def _by_name(edit: SavedPlanEdit) -> tuple[str, bool]:
    return edit.saved_plan.name.lower(), edit.saved_plan.worker_id is None


def _own_then_newest(edit: SavedPlanEdit) -> tuple[bool, int]:
    return edit.saved_plan.worker_id is not None, edit.number


def _audit(action: str, saved: SavedPlan, by: ActionRequest, before: Any, after: Any) -> None:
    audit.record(
        f"plan.{action}",
        saved.worker.name if saved.worker else "all Workers",
        actor=by.user,
        source=by.source,
        now=by.now,
        before=before,
        after=after,
    )


def names(edits: Sequence[SavedPlanEdit]) -> str:
    """Names, for an error message."""
    return ", ".join(edit.saved_plan.name for edit in edits) or "none"
