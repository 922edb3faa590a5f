"""A changed check, a new order or an earlier edit, saved as the next edit of its suite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from dashboard.accounts.models import User
from dashboard.smoketests.editor.check_form import CheckForm
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.suites.document import Check
from dashboard.smoketests.suites.edits import EditConflict, free_name, save
from dashboard.smoketests.suites.parse import parse_data
from dashboard.smoketests.suites.yaml_format import SuiteError
from routing.models import Worker

Checks: TypeAlias = list[dict[str, Any]]
MOVES = ("up", "down", "copy", "remove")


def save_check(
    edit: SuiteEdit, form: CheckForm, *, author: User | None, now: datetime
) -> SuiteEdit | None:
    """The check in `form` in place of the one it was opened as, or as the last one.

    None when it cannot be saved: then the form has the errors. Raises `EditConflict`.
    """
    checks: Checks = list(edit.document["checks"])
    index = _index(checks, form.opened_as)
    if index is None and form.opened_as:
        raise EditConflict(edit)
    place = len(checks) if index is None else index
    form.errors |= form.repeated()
    try:
        document = parse_data(
            edit.document | {"checks": [*checks[:place], form.data(), *checks[place + 1 :]]}
        )
        if form.errors:
            return None
        return save(
            worker=edit.suite.worker,
            document=document,
            author=author,
            source="dashboard",
            now=now,
            expected=form.base,
        )
    except SuiteError as error:
        form.show_errors(error.places, place)
        form.problems += [] if error.places else error.problems
        return None


def replace_check(
    edit: SuiteEdit, check: Check, *, author: User | None, now: datetime
) -> SuiteEdit:
    """The check in place of the one of its name. Raises `EditConflict` when `edit` is not the
    newest."""
    content = edit.content
    checks = tuple(check if other.name == check.name else other for other in content.checks)
    return save(
        worker=edit.suite.worker,
        document=content.model_copy(update={"checks": checks}),
        author=author,
        source="dashboard",
        now=now,
        expected=edit.number,
    )


def new_suite(
    worker: Worker, name: str, form: CheckForm, *, author: User | None, now: datetime
) -> SuiteEdit | None:
    """A suite of one check; None when it cannot be saved. Raises `EditConflict`: the name is taken.

    An error of the suite's name is at the field `suite_name` of the form.
    """
    form.errors |= form.repeated()
    try:
        document = parse_data({"name": name, "checks": [form.data()]})
        if form.errors:
            return None
        return save(
            worker=worker,
            document=document,
            author=author,
            source="dashboard",
            now=now,
            expected=0,
        )
    except SuiteError as error:
        named = [message for place, message in error.places if place == "name"]
        form.errors |= {"suite_name": named[0]} if named else {}
        form.show_errors([p for p in error.places if p[0] != "name"], 0)
        form.problems += [] if error.places else error.problems
        return None


def move_check(
    edit: SuiteEdit, name: str, move: str, *, base: int, author: User | None, now: datetime
) -> SuiteEdit:
    """The check one place up or down, once more, or gone. Raises `SuiteError` or `EditConflict`."""
    checks: Checks = list(edit.document["checks"])
    index = _index(checks, name)
    if index is None:
        raise EditConflict(edit)
    _MOVES[move](checks, index)
    return save(
        worker=edit.suite.worker,
        document=parse_data(edit.document | {"checks": checks}),
        author=author,
        source="dashboard",
        now=now,
        expected=base,
    )


def restore(edit: SuiteEdit, *, base: int, author: User | None, now: datetime) -> SuiteEdit:
    """An earlier edit as the next one, with the file it came as. Raises `EditConflict`."""
    return save(
        worker=edit.suite.worker,
        document=edit.content,
        text=edit.source,
        author=author,
        source="dashboard",
        now=now,
        expected=base,
    )


def _swap(checks: Checks, index: int, other: int) -> None:
    if 0 <= other < len(checks):
        checks[index], checks[other] = checks[other], checks[index]


def _copy(checks: Checks, index: int) -> None:
    taken = {check["name"] for check in checks}
    copied = checks[index] | {"name": free_name(checks[index]["name"], taken)}
    checks.insert(index + 1, copied)


_MOVES: dict[str, Callable[[Checks, int], Any]] = {
    "up": lambda checks, index: _swap(checks, index, index - 1),
    "down": lambda checks, index: _swap(checks, index, index + 1),
    "copy": _copy,
    "remove": lambda checks, index: checks.pop(index),
}


def _index(checks: Checks, name: str) -> int | None:
    return next((i for i, check in enumerate(checks) if check["name"] == name), None)
