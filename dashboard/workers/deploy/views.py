"""The forms that change the split. Each carries the deployment its reader believed to be live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.fleet.version_roles import Standing, inline
from dashboard.live.pages.fragments import sequence
from dashboard.reviews import gate
from dashboard.ui.http import return_to
from dashboard.ui.page import as_context, page, wants_fragment
from dashboard.workers import messages
from dashboard.workers.deploy import choice as choices, context as contexts
from dashboard.workers.deploy.choice import Choice, Problem
from dashboard.workers.queries.proposal import full_traffic, propose, submit_label
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row
from routing.control.deploy import DeployConflict, DeployRefused
from routing.control.messages import split_refused
from routing.models import Worker
from routing.rules.split import SplitRefused
from routing.trail.origin import note_refusal

TRIGGERED_BY = {"split": "deployment", "rollback": "rollback"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoChoicePage:
    """Why the requested version cannot be used; `form` is `split` or `rollback`."""

    row: WorkerRow
    choice: Choice
    form: str
    others: Sequence[Standing]
    now: datetime
    sequence: tuple[object, ...]


@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, name: str) -> HttpResponse:
    """Stage at 0%, step up, step down, promote: one version beside the stable one."""
    row = worker_row(get_object_or_404(Worker, name=name))
    sent, is_post = _sent(request), request.method == "POST"
    if is_post and sent.get("expected", "") != contexts.live_id(row):
        return _conflict(request, row, "split")
    choice = choices.to_split(row, sent.get("version", ""), must_name=is_post)
    if choice.problem or choice.standing is None:
        return _no_choice(request, row, choice, "split")
    form = contexts.split_form(row, choice.standing, sent, timezone.now(), is_post)
    try:
        proposal = propose(
            choice.standing, form.percentage, form.beside, row.standings, form.keep, row.lineage
        )
    except SplitRefused as error:
        context = replace(form, refused=split_refused(error))
        status = 422 if is_post else 200
        return page(
            request, "workers/deploy/split.html", context, partial=_part(request), status=status
        )
    form = replace(form, words=submit_label(row.standings, proposal))
    return _finish(request, "split", form, contexts.consequence(form, proposal))


@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def roll_back(request: HttpRequest, name: str) -> HttpResponse:
    """One earlier version at 100%, with the reason."""
    row = worker_row(get_object_or_404(Worker, name=name))
    sent, is_post = _sent(request), request.method == "POST"
    if is_post and sent.get("expected", "") != contexts.live_id(row):
        return _conflict(request, row, "rollback")
    choice = choices.to_roll_back(row, sent.get("version", ""), must_name=is_post)
    if choice.problem or choice.standing is None:
        return _no_choice(request, row, choice, "rollback")
    form = contexts.rollback_form(row, choice.standing, sent, timezone.now(), is_post)
    proposal = full_traffic(choice.standing.version)
    return _finish(request, "rollback", form, contexts.consequence(form, proposal))


def _sent(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _no_choice(request: HttpRequest, row: WorkerRow, choice: Choice, form: str) -> HttpResponse:
    """Explains why the requested version cannot be used, and lists alternatives."""
    context = NoChoicePage(
        row=row,
        choice=choice,
        form=form,
        others=choices.others(row, form),
        now=timezone.now(),
        sequence=sequence(),
    )
    status = 404 if choice.problem is Problem.UNKNOWN else 200
    status = 422 if request.method == "POST" else status
    response = page(
        request, "workers/deploy/no_choice.html", context, partial="form", status=status
    )
    if wants_fragment(request) and _part(request) == "after":
        # Only the consequence was requested, but there is none: replace the whole form.
        response["HX-Retarget"], response["HX-Reswap"] = f"#{form}-form", "outerHTML"
    return response


def _finish(
    request: HttpRequest,
    name: str,
    form: contexts.DeployForm,
    consequence: contexts.Consequence,
) -> HttpResponse:
    """Shows the form `name` (`split` or `rollback`), or deploys."""
    template = f"workers/deploy/{name}.html"
    form = replace(form, words=messages.ASK_FOR_REVIEW) if consequence.review else form
    if request.method != "POST":
        return page(request, template, as_context(form, consequence), partial=_part(request))
    if "look" in request.POST:
        return page(request, template, as_context(form, consequence), partial="form")
    try:
        _deploy(request, name, form, consequence)
    except DeployConflict:
        return _conflict(request, worker_row(form.row.worker), name)
    except gate.ReviewNeeded as needed:
        if needed.proposal is not None:
            return _to_review(request, needed)
        raise
    except DeployRefused as error:
        note_refusal(str(error))
        form = replace(form, refused=str(error))
        context = as_context(form, consequence)
        return page(request, template, context, partial="form", status=422)
    return _done(request, form, messages.live(inline(consequence.proposal.after)))


def _deploy(
    request: HttpRequest,
    name: str,
    form: contexts.DeployForm,
    consequence: contexts.Consequence,
) -> None:
    gate.deploy(
        worker=form.row.worker,
        by_token=False,
        shares=consequence.proposal.pairs,
        author=person(request),
        source="dashboard",
        message=form.message,
        expected=form.expected or None,
        triggered_by=TRIGGERED_BY[name],
        now=timezone.now(),
        force=consequence.secrets.consented,
    )


def _to_review(request: HttpRequest, needed: gate.ReviewNeeded) -> HttpResponse:
    """To the review that the deployment became, or that is in its way."""
    assert needed.proposal is not None
    toasts.info(request, needed.title)
    address = reverse("reviews:detail", args=[needed.proposal.pk])
    if wants_fragment(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _done(request: HttpRequest, form: contexts.DeployForm, words: str) -> HttpResponse:
    """To the page where this began, or to the Worker's."""
    worker = form.row.worker
    toasts.success(request, words, extra_tags="deployed")
    act = f"deploy:{worker.name}:{form.version.pk}"
    address = return_to.pop_address(request, act) or reverse("workers:detail", args=[worker.name])
    if wants_fragment(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _conflict(request: HttpRequest, row: WorkerRow, form: str) -> HttpResponse:
    """Another deployment came in between: shows what was opened, what is live, and the request."""
    context = contexts.conflict_page(row, _sent(request), form, request.path, timezone.now())
    return page(
        request, "workers/deploy/conflict.html", context, partial="conflict-form", status=409
    )


def _part(request: HttpRequest) -> str:
    """The dialog asks for the whole form, the form for its consequence only."""
    target: str | None = request.htmx.target  # type: ignore[attr-defined]  # by its middleware
    return "form" if target == "dialog" else "after"
