"""Saving suites. A save is a new edit; saving what is there already makes none."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from dashboard.accounts.models import User
from dashboard.smoketests.document import Suite as Document
from dashboard.smoketests.models import Suite, SuiteEdit
from dashboard.smoketests.yaml_format import SuiteError, read_suite, suite_data, write_suite
from dashboard.ui.storable_text import unstorable
from routing import audit
from routing.models import Worker


def import_suite(
    *, worker: Worker, text: str, author: User | None, source: str, now: datetime
) -> SuiteEdit:
    """The suite in the YAML `text`, as the newest edit of the Worker's suite of that name.

    Raises `SuiteError`; then nothing has changed.
    """
    document = read_suite(text)
    return save(worker=worker, document=document, text=text, author=author, source=source, now=now)


def save(
    *,
    worker: Worker,
    document: Document,
    author: User | None,
    source: str,
    now: datetime,
    text: str = "",
) -> SuiteEdit:
    """A new edit, or the newest one if it says the same. Raises `SuiteError`."""
    data = suite_data(document)
    if unstorable(data):
        raise SuiteError(["The suite has a NUL character, or half of a character."])
    with transaction.atomic():
        Worker.objects.select_for_update().get(pk=worker.pk)  # one save of a Worker at a time
        suite, _ = Suite.objects.get_or_create(
            worker=worker, name=document.name, defaults={"created_at": now}
        )
        newest = suite.edits.first()
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
