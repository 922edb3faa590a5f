"""The forms that change the split. Each carries the deployment its reader believed to be live."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.fleet.version_roles import inline
from dashboard.live.pages.fragments import sequence
from dashboard.reviews import gate
from dashboard.ui.http import return_to
from dashboard.ui.page import page, wants_fragment
from dashboard.workers.deploy import choice as choices, context as contexts
from dashboard.workers.deploy.choice import Choice, Problem
from dashboard.workers.queries.proposal import full_traffic, propose, submit_label
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row
from routing.control.deploy import DeployConflict, DeployRefused
from routing.control.messages import split_refused
from routing.models import Worker
from routing.rules.split import SplitRefused
from routing.trail.origin import note_refusal

ASK = "Ask for review"
"""What the button says where the policy does not let the change go live at once."""
TRIGGERED_BY = {"split": "deployment", "rollback": "rollback"}


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
    context = contexts.of_split(row, choice.standing, sent, timezone.now(), is_post)
    context |= {"again": request.path}
    try:
        beside = context["beside"]
        text, keep = context["percentage"], context["keep"]
        proposal = propose(choice.standing, text, beside, row.standings, keep, row.lineage)
    except SplitRefused as error:
        context["refused"] = split_refused(error)
        status = 422 if is_post else 200
        return page(
            request, "workers/deploy/split.html", context, partial=_part(request), status=status
        )
    context |= {"words": submit_label(row.standings, proposal)}
    context |= contexts.consequence(row, proposal, context)
    context |= {"words": ASK} if context["review"] else {}
    return _finish(request, "split", context)


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
    context = contexts.of_form(row, choice.standing, sent, timezone.now(), is_post) | {
        "again": request.path,
        "versions": choices.earlier(row),
        "words": f"Roll back to #{choice.standing.version.number}",
    }
    context |= contexts.consequence(row, full_traffic(choice.standing.version), context)
    context |= {"words": ASK} if context["review"] else {}
    return _finish(request, "rollback", context)


def _sent(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _no_choice(request: HttpRequest, row: WorkerRow, choice: Choice, form: str) -> HttpResponse:
    """Explains why the requested version cannot be used, and lists alternatives."""
    context = {
        "row": row,
        "choice": choice,
        "form": form,
        "others": choices.others(row, form),
        "now": timezone.now(),
        "sequence": sequence(),
    }
    status = 404 if choice.problem is Problem.UNKNOWN else 200
    status = 422 if request.method == "POST" else status
    response = page(
        request, "workers/deploy/no_choice.html", context, partial="form", status=status
    )
    if wants_fragment(request) and _part(request) == "after":
        # Only the consequence was requested, but there is none: replace the whole form.
        response["HX-Retarget"], response["HX-Reswap"] = f"#{form}-form", "outerHTML"
    return response


def _finish(request: HttpRequest, form: str, context: dict[str, Any]) -> HttpResponse:
    """Shows the form (`split` or `rollback`), or does what it says."""
    template = f"workers/deploy/{form}.html"
    if request.method != "POST":
        return page(request, template, context, partial=_part(request))
    if "look" in request.POST:
        return page(request, template, context, partial="form")
    row: WorkerRow = context["row"]
    try:
        gate.deploy(
            worker=row.worker,
            by_token=False,
            shares=context["proposal"].pairs,
            author=person(request),
            source="dashboard",
            message=context["message"],
            expected=context["expected"] or None,
            triggered_by=TRIGGERED_BY[form],
            now=timezone.now(),
            force=context["secrets"].consented,
        )
    except DeployConflict:
        now_live = worker_row(row.worker)
        return _conflict(request, now_live, form)
    except gate.ReviewNeeded as needed:
        if needed.proposal is not None:
            return _to_review(request, needed)
        raise
    except DeployRefused as error:
        note_refusal(str(error))
        context |= {"refused": str(error), "refused_code": error.code}
        return page(request, template, context, partial="form", status=422)
    return _done(request, context, f"Live: {inline(context['proposal'].after)}.")


def _to_review(request: HttpRequest, needed: gate.ReviewNeeded) -> HttpResponse:
    """To the review that the deployment became, or that is in its way."""
    assert needed.proposal is not None
    messages.info(request, needed.title)
    address = reverse("reviews:detail", args=[needed.proposal.pk])
    if wants_fragment(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _done(request: HttpRequest, context: dict[str, Any], words: str) -> HttpResponse:
    """To the page where this began, or to the Worker's."""
    worker: Worker = context["row"].worker
    messages.success(request, words, extra_tags="deployed")
    act = f"deploy:{worker.name}:{context['version'].pk}"
    address = return_to.pop_address(request, act) or reverse("workers:detail", args=[worker.name])
    if wants_fragment(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _conflict(request: HttpRequest, row: WorkerRow, form: str) -> HttpResponse:
    """Another deployment came in between: shows what was opened, what is live, and the request."""
    context = contexts.of_conflict(row, _sent(request), form, timezone.now())
    context |= {"start_again": _start_again(request, context)}
    return page(
        request, "workers/deploy/conflict.html", context, partial="conflict-form", status=409
    )


def _start_again(request: HttpRequest, context: dict[str, Any]) -> str:
    """The same form on top of what is live now, with what was typed."""
    percentage = {"percentage": context["percentage"]} if context["percentage"] else {}
    query = {"version": context["asked_version"], **percentage, "message": context["message"]}
    return f"{request.path}?{urlencode(query)}"


def _part(request: HttpRequest) -> str:
    """The dialog asks for the whole form, the form for its consequence only."""
    target: str | None = request.htmx.target  # type: ignore[attr-defined]  # by its middleware
    return "form" if target == "dialog" else "after"
