"""The page that imports checks: enter a source, preview its checks, save them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.playground.check_import.candidates import CannotImport, FoundCheck
from dashboard.playground.check_import.sources import MOST_SAVED, SOURCES, found_in, text_of
from dashboard.playground.models import Saved
from dashboard.smoketests.messages import saved as saved_words
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.suites.edits import add_checks, import_suite, newest_edits
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import as_context, page
from routing.models import Worker

TEMPLATE = "playground/check_import/import.html"
LABELS = (("playground", "Playground"), ("curl", "curl"), ("har", "HAR file"), ("yaml", "YAML"))
PRIVATE = ("text", "checks", "yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The checks of a source; `checks` is their JSON, `yaml` the text of a suite that is imported
    whole."""

    previewed: Sequence[FoundCheck] = ()
    checks: str = ""
    yaml: str = ""
    yaml_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage(Preview):
    worker: Worker
    source: str
    sources: Sequence[tuple[str, str]]
    suites: list[str]
    chosen_suite: str
    new_suite: str
    saved: list[Saved]
    text: str
    can: Permission
    problems: Sequence[str]


NO_PREVIEW = Preview()


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def import_checks(request: HttpRequest, name: str) -> HttpResponse:
    """The form of one source; by POST its checks; by POST of those the next edit."""
    worker = get_object_or_404(Worker, name=name)
    source = request.POST.get("from") or request.GET.get("from", "")
    source = source if source in SOURCES else "playground"
    if request.method == "GET":
        return _show(request, worker, source)
    if "checks" in request.POST or "yaml" in request.POST:
        return _save(request, worker, source)
    try:
        previewed = found_in(source, request, worker)
        yaml = text_of(request) if source == "yaml" else ""
    except CannotImport as error:
        problems = str(error).split("\n")
        return _show(request, worker, source, problems=problems, status=422)
    return _preview(request, worker, source, previewed, yaml)


def _save(request: HttpRequest, worker: Worker, source: str) -> HttpResponse:
    try:
        edit = _saved(request, worker)
    except (CannotImport, SuiteError) as error:
        problems = error.problems if isinstance(error, SuiteError) else [str(error)]
        if yaml := request.POST.get("yaml", ""):
            return _show(request, worker, source, 422, problems=problems, text=yaml)
        previewed = _posted(request)
        return _preview(request, worker, source, previewed, "", problems=problems, status=422)
    notices.success(request, saved_words(edit.suite.name, edit.number))
    return redirect("smoketests:suite", worker.name, edit.suite_id)


def _saved(request: HttpRequest, worker: Worker) -> SuiteEdit:
    author, now = person(request), timezone.now()
    if text := request.POST.get("yaml", "").replace("\r\n", "\n"):
        return import_suite(worker=worker, text=text, author=author, source="dashboard", now=now)
    name = request.POST.get("new_suite", "").strip() or request.POST.get("suite", "")
    if not name:
        raise CannotImport("Suite: choose one, or name a new one.")
    chosen = [check.data for check in _posted(request) if check.taken]
    if not chosen:
        raise CannotImport("Choose at least one check.")
    return add_checks(
        worker=worker, name=name, checks=chosen, author=author, source="dashboard", now=now
    )


def _posted(request: HttpRequest) -> list[FoundCheck]:
    """The checks of the preview, with the names and choices of its reader."""
    try:
        rows = json.loads(request.POST.get("checks", "[]"))
    except (ValueError, RecursionError):
        rows = []
    if not isinstance(rows, list):
        rows = []
    taken = set(request.POST.getlist("take"))
    return [
        FoundCheck(row | {"name": request.POST.get(f"name-{i}", "").strip()}, taken=str(i) in taken)
        for i, row in enumerate(rows)
        if isinstance(row, dict)
    ]


def _preview(
    request: HttpRequest,
    worker: Worker,
    source: str,
    previewed: list[FoundCheck],
    yaml: str,
    status: int = 200,
    problems: Sequence[str] = (),
) -> HttpResponse:
    preview = Preview(
        previewed=previewed,
        checks=json.dumps([check.data for check in previewed], ensure_ascii=False),
        yaml=yaml,
        yaml_name=previewed[0].suite if yaml else "",
    )
    return _show(request, worker, source, status, problems=problems, preview=preview)


def _show(
    request: HttpRequest,
    worker: Worker,
    source: str,
    status: int = 200,
    problems: Sequence[str] = (),
    text: str | None = None,
    preview: Preview = NO_PREVIEW,
) -> HttpResponse:
    saved = Saved.objects.filter(worker=worker.name).defer("request")
    context = ImportPage(
        **as_context(preview),
        worker=worker,
        source=source,
        sources=LABELS,
        suites=[edit.suite.name for edit in newest_edits(worker)],
        chosen_suite=request.POST.get("suite") or request.GET.get("suite", ""),
        new_suite=request.POST.get("new_suite", ""),
        saved=list(saved[:MOST_SAVED]) if source == "playground" else [],
        text=request.POST.get("text", "") if text is None else text,
        can=permission(request.user, Role.OPERATOR),
        problems=problems,
    )
    return page(request, TEMPLATE, context, status=status)
