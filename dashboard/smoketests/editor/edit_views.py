"""A suite as YAML, what changed in one edit, an earlier edit restored, and a new suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, refuse, requires
from dashboard.smoketests import messages
from dashboard.smoketests.editor.assertion_rows import KINDS, Kind
from dashboard.smoketests.editor.changes import new_suite, restore
from dashboard.smoketests.editor.check_form import CheckForm, as_sent, new_form
from dashboard.smoketests.editor.edit_diff import DiffLine, diff_lines
from dashboard.smoketests.editor.views import METHODS, PRIVATE, leave, newest, suite_url
from dashboard.smoketests.models import SmokeRun, Suite, SuiteEdit
from dashboard.smoketests.suites.document import Suite as Document
from dashboard.smoketests.suites.edits import EditConflict, export_for, save
from dashboard.smoketests.suites.masking import masked_suite
from dashboard.smoketests.suites.parse import parse_yaml
from dashboard.smoketests.suites.yaml_format import SuiteError, write_suite
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import page
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class YamlPage:
    """`base`: the edit that the text was opened from; `overtaken_by`: one saved meanwhile."""

    worker: Worker
    suite: Suite
    edit: SuiteEdit
    yaml: str
    base: int
    can: Permission
    problems: Sequence[str]
    overtaken_by: SuiteEdit | None


@dataclass(frozen=True, slots=True)
class EditPage:
    """`lines`: the difference to the edit `before`."""

    worker: Worker
    suite: Suite
    edit: SuiteEdit
    before: SuiteEdit | None
    newest: SuiteEdit | None
    lines: list[DiffLine]
    edits: list[SuiteEdit]
    runs: list[SmokeRun]
    can: Permission


@dataclass(frozen=True, slots=True)
class NewSuitePage:
    worker: Worker
    form: CheckForm
    kinds: Mapping[str, Kind]
    methods: Sequence[str]
    suite_name: str
    can: Permission


@any_text_in("yaml")
@sensitive_post_parameters("yaml")
@require_http_methods(["GET", "POST"])
def yaml(request: HttpRequest, name: str, suite_id: int) -> HttpResponse:
    """The suite as YAML; by POST, the next edit."""
    edit = newest(name, suite_id)
    allowed = permission(request.user, Role.OPERATOR)
    if request.method == "GET":
        return _show_yaml(request, edit, export_for(edit, clear=bool(allowed)), edit.number)
    if not allowed:
        return refuse(request, allowed)
    text = request.POST.get("yaml", "").replace("\r\n", "\n")
    base = _number(request.POST.get("base", ""))
    try:
        saved = save(
            worker=edit.suite.worker,
            document=_document(text, edit.suite.name),
            text=text,
            author=person(request),
            source="dashboard",
            now=timezone.now(),
            expected=base,
        )
    except SuiteError as error:
        return _show_yaml(request, edit, text, base, problems=error.problems, status=422)
    except EditConflict as conflict:
        overtaken_by = conflict.newest or edit
        return _show_yaml(request, edit, text, base, overtaken_by=overtaken_by, status=409)
    notices.success(request, messages.saved(saved.suite.name, saved.number))
    return redirect(suite_url(saved))


@require_GET
def edit(request: HttpRequest, name: str, suite_id: int, number: int) -> HttpResponse:
    """One edit: what it changed, its author, and the runs that used it."""
    suites = Suite.objects.select_related("worker")
    suite = get_object_or_404(suites, pk=suite_id, worker__name=name)
    edits = suite.edits.select_related("author", "suite__worker")
    chosen = get_object_or_404(edits, number=number)
    before = edits.filter(number__lt=number).first()
    context = EditPage(
        worker=suite.worker,
        suite=suite,
        edit=chosen,
        before=before,
        newest=edits.first(),
        lines=diff_lines(_text(request, before) if before else "", _text(request, chosen)),
        edits=list(edits.defer("document", "source")[:100]),
        runs=list(chosen.runs.select_related("version").order_by("-started_at")[:10]),
        can=permission(request.user, Role.OPERATOR),
    )
    return page(request, "smoketests/editor/edit.html", context)


@requires(Role.OPERATOR)
@require_POST
def restore_edit(request: HttpRequest, name: str, suite_id: int, number: int) -> HttpResponse:
    """An earlier edit as the next one."""
    latest = newest(name, suite_id)
    earlier = get_object_or_404(latest.suite.edits.select_related("suite__worker"), number=number)
    base = _number(request.POST.get("base", ""))
    try:
        saved = restore(earlier, base=base, author=person(request), now=timezone.now())
    except EditConflict:
        notices.warning(request, messages.not_restored(latest.number))
        return redirect("smoketests:edit", name, suite_id, number)
    notices.success(request, messages.restored(saved.number, number))
    return redirect(suite_url(saved))


@any_text_in("body")
@sensitive_post_parameters(*PRIVATE)
@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, name: str) -> HttpResponse:
    """A new suite with its first check, in the form."""
    worker = get_object_or_404(Worker, name=name)
    if request.method == "GET":
        is_script = request.GET.get("new") == "script"
        return _show_new(request, worker, new_form(0, is_script=is_script))
    form, what = as_sent(request.POST), request.POST.get("act", "save")
    suite_name = request.POST.get("suite_name", "").strip()
    if what != "save":
        form.act(what)
        return _show_new(request, worker, form)
    try:
        saved = new_suite(worker, suite_name, form, author=person(request), now=timezone.now())
    except EditConflict:
        form.errors["suite_name"] = messages.suite_exists(worker.name)
        return _show_new(request, worker, form, status=409)
    if saved is None:
        return _show_new(request, worker, form, status=422)
    notices.success(request, messages.saved(saved.suite.name, saved.number))
    return leave(request, suite_url(saved, form.name))


def _show_new(
    request: HttpRequest, worker: Worker, form: CheckForm, status: int = 200
) -> HttpResponse:
    context = NewSuitePage(
        worker=worker,
        form=form,
        kinds=KINDS,
        methods=METHODS,
        suite_name=request.POST.get("suite_name", ""),
        can=permission(request.user, Role.OPERATOR),
    )
    return page(
        request, "smoketests/editor/new.html", context, partial="suite-check", status=status
    )


def _show_yaml(
    request: HttpRequest,
    edit: SuiteEdit,
    text: str,
    base: int,
    status: int = 200,
    problems: Sequence[str] = (),
    overtaken_by: SuiteEdit | None = None,
) -> HttpResponse:
    context = YamlPage(
        worker=edit.suite.worker,
        suite=edit.suite,
        edit=edit,
        yaml=text,
        base=base,
        can=permission(request.user, Role.OPERATOR),
        problems=problems,
        overtaken_by=overtaken_by,
    )
    return page(request, "smoketests/editor/yaml.html", context, status=status)


def _document(text: str, name: str) -> Document:
    """The suite in `text`; another name would save another suite from the page of this one."""
    document = parse_yaml(text)
    if document.name != name:
        message = messages.other_name(name)
        raise SuiteError([f"name: {message}."], [("name", message)])
    return document


def _text(request: HttpRequest, edit: SuiteEdit) -> str:
    clear = bool(permission(request.user, Role.OPERATOR))
    return write_suite(edit.content if clear else masked_suite(edit.content))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0
