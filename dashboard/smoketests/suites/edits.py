"""Saving suites. A save is a new edit; saving what is there already makes none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from dashboard.accounts.models import User
from dashboard.smoketests.models import Suite, SuiteEdit
from dashboard.smoketests.suites.document import Suite as Document
from dashboard.smoketests.suites.masking import masked_suite
from dashboard.smoketests.suites.parse import parse_data, parse_yaml
from dashboard.smoketests.suites.yaml_format import (
    SuiteError,
    suite_data,
    write_suite,
)
from dashboard.ui.http.storable_text import unstorable
from routing.control import audit
from routing.models import Worker


class EditConflict(Exception):
    """The suite is no longer as its editor saw it: `newest` was saved meanwhile."""

    def __init__(self, newest: SuiteEdit | None) -> None:
        super().__init__("The suite was saved meanwhile.")
        self.newest = newest


def import_suite(
    *,
    worker: Worker,
    text: str,
    author: User | None,
    source: str,
    now: datetime,
    expected: int | None = None,
) -> SuiteEdit:
    """The suite in the YAML `text`, as the newest edit of the Worker's suite of that name.

    Raises `SuiteError` or `EditConflict`; then nothing has changed.
    """
    return save(
        worker=worker,
        document=parse_yaml(text),
        text=text,
        author=author,
        source=source,
        now=now,
        expected=expected,
    )


def save(
    *,
    worker: Worker,
    document: Document,
    author: User | None,
    source: str,
    now: datetime,
    text: str = "",
    expected: int | None = None,
) -> SuiteEdit:
    """A new edit, or the newest one if it says the same.

    `expected` is the number of the newest edit as the author saw it, 0 for no suite of this name,
    None for whatever there is. Raises `SuiteError` or `EditConflict`.
    """
    data = suite_data(document)
    if unstorable(data):
        raise SuiteError(["The suite has a NUL character, or half of a character."])
    with transaction.atomic():
        Worker.objects.select_for_update().get(pk=worker.pk)  # one save of a Worker at a time
        suite, _ = Suite.objects.get_or_create(
            worker=worker, name=document.name, defaults={"created_at": now}
        )
        newest = suite.edits.select_related("author").first()
        if expected is not None and expected != (newest.number if newest else 0):
            raise EditConflict(newest)
        if newest is not None and newest.document == data and (not text or newest.source == text):
            return newest
        edit = suite.edits.create(
            number=newest.number + 1 if newest else 1,
            document=data,
            source=text,
            author=author,
            created_at=now,
        )
        after = {"suite": suite.name, "edit": edit.number, "checks": len(document.checks)}
        audit.record("suite.save", worker.name, actor=author, source=source, now=now, after=after)
    return edit


def export(edit: SuiteEdit) -> str:
    """The edit as YAML: a file that was imported comes out as it went in."""
    return edit.source or write_suite(edit.content)


def export_for(edit: SuiteEdit, *, clear: bool) -> str:
    """The edit as YAML; unless `clear`, with the values of secrets masked."""
    if clear:
        return export(edit)
    masked = masked_suite(edit.content)
    return export(edit) if masked == edit.content else write_suite(masked)


def newest_edits(worker: Worker) -> list[SuiteEdit]:
    """What a run of each suite runs, by the suites' names."""
    edits = SuiteEdit.objects.filter(suite__worker=worker).select_related("suite", "author")
    newest = edits.annotate(newest=Max("suite__edits__number")).filter(number=F("newest"))
    return list(newest.order_by("suite__name"))


def newest_edit(worker: Worker, name: str) -> SuiteEdit | None:
    """What a run of the suite `name` runs."""
    if unstorable(name):
        return None
    edits = SuiteEdit.objects.filter(suite__worker=worker, suite__name=name)
    return edits.select_related("suite__worker", "author").order_by("-number").first()


def add_checks(
    *,
    worker: Worker,
    name: str,
    checks: Sequence[dict[str, Any]],
    author: User | None,
    source: str,
    now: datetime,
) -> SuiteEdit:
    """The next edit of the suite `name`, or its first one, with these checks at its end.

    A check whose name is taken gets a number behind it. Raises `SuiteError`.
    """
    with transaction.atomic():
        Worker.objects.select_for_update().get(pk=worker.pk)
        newest = newest_edit(worker, name)
        present = list(newest.document["checks"]) if newest else []
        for check in checks:
            taken = {other["name"] for other in present}
            present.append(check | {"name": free_name(str(check.get("name", "")), taken)})
        document = parse_data({"name": name, "checks": present})
        return save(worker=worker, document=document, author=author, source=source, now=now)


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or `name (2)` or the next number that is free."""
    if name not in taken:
        return name
    return next(n for k in count(2) if (n := f"{name[:190]} ({k})") not in taken)
