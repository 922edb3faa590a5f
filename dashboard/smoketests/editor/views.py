"""One suite: its checks, one of them open in a form, the newest results, its edits.

Every button posts the whole form and gets it back, so that nothing is lost and everything works
without scripts; with them htmx swaps the form in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages as notices
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, refuse, requires
from dashboard.smoketests import messages
from dashboard.smoketests.editor.assertion_rows import KINDS, Kind
from dashboard.smoketests.editor.changes import MOVES, move_check, save_check
from dashboard.smoketests.editor.check_form import CheckForm, as_sent, form_of, new_form
from dashboard.smoketests.editor.queries import Latest, latest_results, results_of_check
from dashboard.smoketests.models import CheckResult, Suite, SuiteEdit
from dashboard.smoketests.subject import candidate_of
from dashboard.smoketests.suites.document import Check
from dashboard.smoketests.suites.edits import EditConflict
from dashboard.smoketests.suites.masking import literal_secrets, masked_check, masked_suite
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import as_context, page, wants_fragment
from routing.models import Version, Worker

TEMPLATE = "smoketests/editor/suite.html"
LISTED = 100
"""Checks in the list of one page."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
IMPORTED_FROM = (
    ("playground", "Playground"),
    ("curl", "curl"),
    ("har", "HAR file"),
    ("yaml", "YAML"),
)
PRIVATE = ("header-value", "body", "path", "script")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFormPart:
    """The form of one check, which htmx swaps. `literal`: parts of the request with a secret that
    is no variable; `overtaken_by`: an edit that was saved meanwhile."""

    worker: Worker
    suite: Suite
    edit: SuiteEdit
    form: CheckForm
    kinds: Mapping[str, Kind]
    methods: Sequence[str]
    can: Permission
    literal: list[str]
    overtaken_by: SuiteEdit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePage(CheckFormPart):
    """`listed`: checks with their newest results; `judged`: whether there are any."""

    listed: list[tuple[Check, Latest | None]]
    list_page: Page[Check]
    passed: int
    judged: bool
    required: int
    results: list[CheckResult]
    edits: list[SuiteEdit]
    sources: Sequence[tuple[str, str]]
    candidate: Version | None


@any_text_in("body")
@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def suite(request: HttpRequest, name: str, suite_id: int) -> HttpResponse:
    """The suite with one check open; by POST, the form again or the next edit."""
    edit = newest(name, suite_id)
    if request.method == "GET":
        return _show(request, edit, _opened(request, edit))
    allowed = permission(request.user, Role.OPERATOR)
    if not allowed:
        return refuse(request, allowed)
    form, what = as_sent(request.POST), request.POST.get("act", "save")
    if what != "save":
        form.act(what)
        return _show(request, edit, form)
    try:
        saved = save_check(edit, form, author=person(request), now=timezone.now())
    except EditConflict as conflict:
        return _show(request, edit, form, status=409, overtaken_by=conflict.newest or edit)
    if saved is None:
        return _show(request, edit, form, status=422)
    notices.success(request, _saved_words(edit, saved))
    return leave(request, suite_url(saved, form.name))


@requires(Role.OPERATOR)
@require_POST
def move(request: HttpRequest, name: str, suite_id: int) -> HttpResponse:
    """Moves, copies or removes one check: a new edit."""
    edit = newest(name, suite_id)
    check, what = request.POST.get("check", ""), request.POST.get("move", "")
    base = request.POST.get("base", "")
    if what not in MOVES or not base.isdecimal() or len(base) > 6:
        return redirect(suite_url(edit, check))
    try:
        saved = move_check(
            edit, check, what, base=int(base), author=person(request), now=timezone.now()
        )
    except EditConflict:
        notices.warning(request, messages.saved_meanwhile(_who(edit), edit.number))
        return redirect(suite_url(edit, check))
    except SuiteError as error:
        notices.warning(request, messages.not_done(error))
        return redirect(suite_url(edit, check))
    removed = what == "remove"
    words = messages.removed(check, int(base)) if removed else _saved_words(edit, saved)
    notices.success(request, words)
    return redirect(suite_url(saved, "" if removed else check))


def newest(name: str, suite_id: int) -> SuiteEdit:
    """The newest edit of a suite of this Worker, or 404."""
    suite = get_object_or_404(Suite, pk=suite_id, worker__name=name)
    edits = suite.edits.select_related("suite__worker", "author")
    return get_object_or_404(edits[:1])


def suite_url(edit: SuiteEdit, check: str = "") -> str:
    """The page of the suite with this check open."""
    place = reverse("smoketests:suite", args=[edit.suite.worker.name, edit.suite_id])
    return f"{place}?{urlencode({'check': check})}" if check else place


def leave(request: HttpRequest, url: str) -> HttpResponse:
    """To another page, from a form that htmx may have posted."""
    return HttpResponseClientRedirect(url) if wants_fragment(request) else redirect(url)


def _opened(request: HttpRequest, edit: SuiteEdit) -> CheckForm:
    new = request.GET.get("new", "")
    if new in ("check", "script"):
        return new_form(edit.number, is_script=new == "script")
    check = _check_named(edit, request.GET.get("check", "")) or edit.content.checks[0]
    allowed = permission(request.user, Role.OPERATOR)
    return form_of(check if allowed else masked_check(check), edit.number)


def _check_named(edit: SuiteEdit, name: str) -> Check | None:
    return next((check for check in edit.content.checks if check.name == name), None)


def _show(
    request: HttpRequest,
    edit: SuiteEdit,
    form: CheckForm,
    status: int = 200,
    overtaken_by: SuiteEdit | None = None,
) -> HttpResponse:
    opened = _check_named(edit, form.opened_as)
    context = CheckFormPart(
        worker=edit.suite.worker,
        suite=edit.suite,
        edit=edit,
        form=form,
        kinds=KINDS,
        methods=METHODS,
        can=permission(request.user, Role.OPERATOR),
        literal=literal_secrets(opened) if opened else [],
        overtaken_by=overtaken_by,
    )
    if not wants_fragment(request):
        context = _suite_page(request, context)
    return page(request, TEMPLATE, context, partial="suite-check", status=status)


def _suite_page(request: HttpRequest, part: CheckFormPart) -> SuitePage:
    """The form with what is around it."""
    edit, form = part.edit, part.form
    checks = (edit.content if part.can else masked_suite(edit.content)).checks
    names = [check.name for check in checks]
    place = names.index(form.opened_as) if form.opened_as in names else len(names) - 1
    latest = latest_results(edit.suite)
    listed = Paginator(checks, LISTED).get_page(request.GET.get("page", place // LISTED + 1))
    return SuitePage(
        **as_context(part),
        listed=[(check, latest.get(check.name)) for check in listed],
        list_page=listed,
        passed=sum(latest[n].verdict == "passed" for n in names if n in latest),
        judged=bool(latest),
        required=sum(check.required for check in checks),
        results=results_of_check(edit.suite, form.opened_as) if form.opened_as else [],
        edits=list(edit.suite.edits.select_related("author").defer("document", "source")[:10]),
        sources=IMPORTED_FROM,
        candidate=candidate_of(edit.suite.worker),
    )


def _saved_words(edit: SuiteEdit, saved: SuiteEdit) -> str:
    if saved.pk == edit.pk:
        return messages.unchanged(saved.number)
    return messages.saved(saved.suite.name, saved.number)


def _who(edit: SuiteEdit) -> str:
    return edit.author.username if edit.author else "the shell"
