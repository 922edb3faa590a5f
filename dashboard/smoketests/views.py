"""The Checks tab: a Worker's suites and their runs; one suite; one run with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.limits.limits import SUITE_RUNS
from dashboard.limits.messages import try_again
from dashboard.limits.rates import seconds_to_wait
from dashboard.smoketests import messages
from dashboard.smoketests.models import SmokeRun, Suite, SuiteEdit
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.subject import candidate_of
from dashboard.smoketests.suites.edits import export_for, import_suite, newest_edits
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.page import page
from routing.models import Version, Worker

EXAMPLE = """\
name: Smoke
checks:
  - name: the home page answers
    request: {method: GET, path: /}
    assert:
      - {status: 200}
"""
LISTED = 20
TEMPLATE = "smoketests/checks.html"


@dataclass(frozen=True, slots=True)
class ChecksPage:
    """`yaml` is the text of the form, `problems` what is wrong with it."""

    worker: Worker
    suites: list[SuiteEdit]
    runs: list[SmokeRun]
    candidate: Version | None
    yaml: str
    problems: Sequence[str]
    can: Permission


@require_http_methods(["GET", "POST"])
def checks(request: HttpRequest, name: str) -> HttpResponse:
    """The suites and the newest runs; by POST, saves the YAML in the form."""
    worker = get_object_or_404(Worker, name=name)
    if request.method == "GET":
        return page(request, TEMPLATE, _context(request, worker))
    allowed = permission(request.user, Role.OPERATOR)
    text = request.POST.get("yaml", "").replace("\r\n", "\n")
    if not allowed:
        return _refused(request, worker, text, [allowed.why], 403)
    try:
        edit = import_suite(
            worker=worker,
            text=text,
            author=person(request),
            source="dashboard",
            now=timezone.now(),
        )
    except SuiteError as error:
        return _refused(request, worker, text, error.problems, 422)
    notices.success(request, messages.saved(edit.suite.name, edit.number))
    return redirect("smoketests:suite", worker.name, edit.suite_id)


@require_GET
def download(request: HttpRequest, name: str, suite_id: int) -> HttpResponse:
    """The newest edit as a YAML file."""
    edit = _edit(get_object_or_404(Suite, pk=suite_id, worker__name=name), "")
    clear = bool(permission(request.user, Role.OPERATOR))
    text = export_for(edit, clear=clear)
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-suite-{suite_id}.yaml"'
    return answer


@requires(Role.OPERATOR)
@require_POST
def start(request: HttpRequest, name: str, suite_id: int) -> HttpResponse:
    """Queues a run on the candidate."""
    suite = get_object_or_404(Suite, pk=suite_id, worker__name=name)
    version = candidate_of(suite.worker)
    if version is None:
        notices.warning(request, messages.NO_CANDIDATE)
        return redirect("smoketests:suite", name, suite_id)
    if seconds := seconds_to_wait(SUITE_RUNS, str(person(request).pk)):
        notices.warning(request, messages.not_started(try_again(seconds)))
        return redirect("smoketests:suite", name, suite_id)
    edit = _edit(suite, "")
    queued = ask(edit, version, author=person(request), now=timezone.now())
    return redirect("smoketests:run", name, queued.pk)


def _context(
    request: HttpRequest, worker: Worker, yaml: str = EXAMPLE, problems: Sequence[str] = ()
) -> ChecksPage:
    runs = SmokeRun.objects.filter(edit__suite__worker=worker).select_related(
        "edit__suite", "version", "author"
    )
    return ChecksPage(
        worker=worker,
        suites=newest_edits(worker),
        runs=list(runs.order_by("-started_at")[:LISTED]),
        candidate=candidate_of(worker),
        yaml=yaml,
        problems=problems,
        can=permission(request.user, Role.OPERATOR),
    )


def _refused(
    request: HttpRequest, worker: Worker, text: str, problems: list[str], status: int
) -> HttpResponse:
    """The form again, with what was typed and its problems."""
    return page(request, TEMPLATE, _context(request, worker, text, problems), status=status)


def _edit(suite: Suite, number: str) -> SuiteEdit:
    edits = suite.edits.select_related("suite__worker", "author")
    if number.isascii() and number.isdigit() and len(number) <= 9:
        return get_object_or_404(edits, number=int(number))
    return get_object_or_404(edits[:1])
