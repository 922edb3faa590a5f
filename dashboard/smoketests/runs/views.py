"""One run: progress, results with their evidence, a failure marked as expected, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Case, Count, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.smoketests import messages
from dashboard.smoketests.assertions import WORST_FIRST, Verdict
from dashboard.smoketests.editor.changes import replace_check
from dashboard.smoketests.editor.check_form import form_of
from dashboard.smoketests.models import CheckResult, SmokeRun
from dashboard.smoketests.runs.acceptance import CannotAccept, accept, expecting, withdraw
from dashboard.smoketests.runs.run import settle, stop
from dashboard.smoketests.subject import candidate_of
from dashboard.smoketests.suites.document import Check
from dashboard.smoketests.suites.edits import EditConflict
from dashboard.smoketests.suites.masking import masked_check
from dashboard.ui.page import page
from routing.control.deploy import active_deployment
from routing.models import Version, Worker

RESULTS = 100
"""Results on one page of a run."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """`rows`: results with their request, the playground's query for it, and whether their check
    can be changed to expect them. `is_void`: another deployment is active now. `problem_at`: the
    result whose form has the `problem`."""

    worker: Worker
    run: SmokeRun
    rows: list[tuple[CheckResult, str, str, bool]]
    result_page: Page[Any]
    passed: int
    judged: int
    expected: int
    is_void: bool
    candidate: Version | None
    can: Permission
    address: str
    problem: str
    problem_at: int | None


@require_GET
def run(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    """One run: progress while it goes on, then every result with its evidence, worst first."""
    return _show_run(request, _run(name, run_id))


@requires(Role.OPERATOR)
@require_POST
def accept_result(request: HttpRequest, name: str, run_id: UUID, result_id: int) -> HttpResponse:
    """Marks a failed check as expected; with `edit`, also changes the check so that it is."""
    smoke_run = _run(name, run_id)
    result = get_object_or_404(smoke_run.results.select_related("run"), pk=result_id)
    result.run = smoke_run
    why, author = request.POST.get("why", ""), person(request)
    try:
        with transaction.atomic():
            accept(result, why=why, author=author, now=timezone.now())
            settle(smoke_run)
    except CannotAccept as error:
        return _show_run(request, smoke_run, problem=str(error), problem_at=result_id, status=422)
    words = messages.accepted(result.name)
    if request.POST.get("edit"):
        words += f" {_change_check(request, result)}"
    notices.success(request, words)
    return redirect("smoketests:run", name, run_id)


@requires(Role.OPERATOR)
@require_POST
def withdraw_result(request: HttpRequest, name: str, run_id: UUID, result_id: int) -> HttpResponse:
    """A failure that was marked as expected counts again."""
    smoke_run = _run(name, run_id)
    result = get_object_or_404(smoke_run.results.select_related("accepted"), pk=result_id)
    if result.accepted is not None:
        with transaction.atomic():
            withdraw(result.accepted, smoke_run, author=person(request), now=timezone.now())
            settle(smoke_run)
        notices.success(request, messages.counts_again(result.name))
    return redirect("smoketests:run", name, run_id)


def _change_check(request: HttpRequest, result: CheckResult) -> str:
    edit = result.run.edit
    check = next((c for c in edit.content.checks if c.name == result.name), None)
    changed = expecting(check, result.results) if check else None
    if changed is None:
        return messages.NOT_EDITABLE
    try:
        saved = replace_check(edit, changed, author=person(request), now=timezone.now())
    except EditConflict:
        return messages.NEWER_EDIT
    return messages.saved_edit(saved.number)


def _show_run(
    request: HttpRequest,
    smoke_run: SmokeRun,
    status: int = 200,
    problem: str = "",
    problem_at: int | None = None,
) -> HttpResponse:
    results = smoke_run.results.select_related("accepted__author")
    order = Case(*(When(verdict=verdict, then=n) for n, verdict in enumerate(WORST_FIRST)))
    counts = dict(results.order_by().values_list("verdict").annotate(n=Count("pk")))
    ordered = results.annotate(worst=order).order_by("worst", "position", "edge")
    rows = Paginator(ordered, RESULTS).get_page(request.GET.get("page", 1))
    checks = {check.name: check for check in smoke_run.edit.content.checks}
    active = active_deployment(smoke_run.version.worker)
    context = RunPage(
        worker=smoke_run.version.worker,
        run=smoke_run,
        rows=[(row, *_about(row, checks.get(row.name))) for row in rows],
        result_page=rows,
        passed=counts.get(Verdict.PASSED, 0),
        judged=sum(counts.values()),
        expected=results.filter(accepted__isnull=False).count(),
        is_void=smoke_run.finished and str(active.id if active else "") != smoke_run.deployment_id,
        candidate=candidate_of(smoke_run.version.worker),
        can=permission(request.user, Role.OPERATOR),
        address=request.get_full_path(),
        problem=problem,
        problem_at=problem_at,
    )
    return page(request, "smoketests/runs/run.html", context, partial="run", status=status)


def _about(row: CheckResult, check: Check | None) -> tuple[str, str, bool]:
    """The request of a result in a few words and as the playground's query, and whether its check
    can be changed to expect what was there."""
    if check is None:
        return "", "", False
    if check.script:
        return f"$ {check.script}", "", False
    form = form_of(masked_check(check), 0)
    changes = row.verdict == Verdict.FAILED and expecting(check, row.results) is not None
    return f"{form.method} {form.path}", form.playground_query, changes


@requires(Role.OPERATOR)
@require_POST
def stop_run(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    """Ends a run at its next check."""
    stop(_run(name, run_id))
    return redirect("smoketests:run", name, run_id)


def _run(name: str, run_id: UUID) -> SmokeRun:
    runs = SmokeRun.objects.select_related("edit__suite", "version__worker", "author")
    return get_object_or_404(runs, pk=run_id, version__worker__name=name)
