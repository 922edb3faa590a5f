"""The page that compares two versions, stable left: modules, bindings, settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from dashboard.fleet.version_roles import HEAVY
from dashboard.live.pages.fragments import sequence
from dashboard.ui.page import as_context, page
from dashboard.workers.diff import version_diff
from dashboard.workers.queries import module_text, version_facts
from dashboard.workers.queries.static_files import StaticFileChanges, static_file_changes
from dashboard.workers.queries.worker_queries import VersionRow, WorkerRow, version_row, worker_row
from routing.models import Version, Worker, deployable


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Everything that differs, and how many modules do not."""

    changed_files: Sequence[version_diff.FileChange]
    same_files: int
    added: int
    removed: int
    changed_bindings: Sequence[version_diff.FactChange]
    changed_settings: Sequence[version_diff.FactChange]
    static: StaticFileChanges
    nothing_differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage:
    """`whole` shows unchanged lines too; `versions` are (id, label) to choose from."""

    row: WorkerRow
    sequence: tuple[object, ...]
    left: VersionRow
    right: VersionRow
    whole: bool
    versions: Sequence[tuple[UUID, str]]


@require_GET
def diff(request: HttpRequest, name: str, left: UUID, right: UUID) -> HttpResponse:
    """What changes from version `left` to version `right`."""
    newest = sequence()
    row = worker_row(get_object_or_404(Worker, name=name))
    before, after = (version_row(row, v) for v in (left, right))
    if before is None or after is None:
        raise Http404
    whole = "whole" in request.GET
    shown = DiffPage(
        row=row,
        sequence=newest,
        left=before,
        right=after,
        whole=whole,
        versions=_choices(row.worker, before.version, after.version),
    )
    context = as_context(shown, changes(before.version, after.version, whole=whole))
    return page(request, "workers/diff/diff.html", context)


@require_GET
def choose(request: HttpRequest, name: str) -> HttpResponse:
    """Which two to compare: from a form, to an address of its own; first the newest two."""
    row = worker_row(get_object_or_404(Worker, name=name))
    newest = list(row.worker.versions.defer(*HEAVY).newest_first()[:2])
    if not newest:
        raise Http404
    stable = row.standings[-1].version if row.standings else newest[-1]
    left = _version(row.worker, request.GET.get("a", "")) or stable
    right = _version(row.worker, request.GET.get("b", "")) or newest[0]
    return redirect("workers:diff", name, left.pk, right.pk)


def changes(left: Version, right: Version, whole: bool = False) -> Changes:
    return compared(
        version_diff.files(module_text.module_texts(left), module_text.module_texts(right), whole),
        version_diff.facts(version_facts.bindings(left), version_facts.bindings(right)),
        version_diff.facts(version_facts.settings(left), version_facts.settings(right)),
        static_file_changes(left, right),
    )


def compared(
    files: list[version_diff.FileChange],
    bindings: list[version_diff.FactChange],
    settings: list[version_diff.FactChange],
    static: StaticFileChanges,
) -> Changes:
    """As `workers/deploy/_changes.html` shows it."""
    changed = [f for f in files if f.change != "same"]
    changed_bindings = [b for b in bindings if b.change != "same"]
    changed_settings = [s for s in settings if s.change != "same"]
    return Changes(
        changed_files=changed,
        same_files=len(files) - len(changed),
        added=sum(f.added for f in changed),
        removed=sum(f.removed for f in changed),
        changed_bindings=changed_bindings,
        changed_settings=changed_settings,
        static=static,
        nothing_differs=not (changed or changed_bindings or changed_settings or static.count),
    )


def _choices(worker: Worker, *shown: Version) -> list[tuple[UUID, str]]:
    """(id, label) of deployable versions and of the two compared ones."""
    rows = deployable([worker]).values_list("pk", "number", "tag")
    listed = {pk: (number, tag) for pk, number, tag in rows}
    listed |= {v.pk: (v.number, v.tag) for v in shown}
    by_number = sorted(listed.items(), key=lambda item: -item[1][0])
    return [(pk, f"#{number} {str(pk)[:8]} {tag}".rstrip()) for pk, (number, tag) in by_number]


def _version(worker: Worker, text: str) -> Version | None:
    """The version with this id, None where none is named; another one is never put in its place."""
    if not text:
        return None
    try:
        return get_object_or_404(worker.versions, id=UUID(text))
    except ValueError as error:
        raise Http404 from error
