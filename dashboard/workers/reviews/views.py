"""The review page and its forms. Each form names the round that its reader saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.reviews import gate
from dashboard.reviews.inbox.splits import splits_of
from dashboard.reviews.proposals import messages
from dashboard.reviews.proposals.decisions.vote import VERBS, DecisionInput, DecisionRefused
from dashboard.reviews.proposals.deployment import emergency
from dashboard.reviews.proposals.models import Proposal
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.suites.edits import newest_edit
from dashboard.ui.page import as_context, page, wants_fragment
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row
from dashboard.workers.reviews.context import ReviewPage, may_operate, page_of
from dashboard.workers.reviews.evidence import own_run, proof_of
from routing.control.deploy import DeployRefused
from routing.models import Version

ACTS = {**VERBS, "emergency": emergency.deploy_now, "acknowledge": emergency.acknowledge}
STATUS = {"ended": 409, "changed": 409, "again": 409, "needs_changes": 409, "no_reason": 422}
"""HTTP status of a refused decision; 403 for the others."""
LONGEST = 2000


@require_GET
def detail(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """One review. While it is open, the page polls its decisions."""
    proposal = _proposal(review_id)
    return _show(request, _context(request, proposal))


@require_POST
def decide(request: HttpRequest, review_id: UUID, verb: str) -> HttpResponse:
    """Approve, needs-changes, reject, withdraw, emergency, acknowledge; who may is decided there,
    so that refused attempts are in the trail."""
    if verb not in ACTS:
        raise Http404
    proposal, user = _proposal(review_id), person(request)
    sent = request.POST.get("round", "")
    word = DecisionInput(
        user=user,
        source="dashboard",
        now=timezone.now(),
        comment=request.POST.get("comment", "").strip()[:LONGEST],
        round=int(sent) if sent.isdecimal() and len(sent) < 9 else None,
        proof=proof_of(own_run(proposal, _candidate(proposal), user)),
    )
    try:
        ACTS[verb](proposal.pk, word)
    except DecisionRefused as refused:
        return _refused(request, refused)
    except Proposal.DoesNotExist as gone:  # with its Worker, a moment ago
        raise Http404 from gone
    return redirect("reviews:detail", review_id)


@requires(Role.OPERATOR)
@require_POST
def try_first(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Sends the checks of a suite as the reader; what they prove comes with the reader's vote."""
    proposal = _proposal(review_id)
    candidate = _candidate(proposal)
    edit = newest_edit(proposal.worker, request.POST.get("suite", ""))
    if candidate is None or edit is None:
        toasts.warning(request, "Nothing was sent: choose a suite.")
    else:
        ask(edit, candidate, author=person(request), now=timezone.now())
    return redirect("reviews:detail", review_id)


@requires(Role.OPERATOR)
@require_POST
def ask_again(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """The same split, from what is live now: a new request, or a deployment where none is needed
    any more."""
    proposal = _proposal(review_id)
    if proposal.undecided or proposal.rollout_id is not None:
        return redirect("reviews:detail", review_id)
    try:
        gate.deploy(
            worker=proposal.worker,
            by_token=False,
            shares=proposal.pairs,
            author=person(request),
            source="dashboard",
            message=proposal.message,
            triggered_by=proposal.triggered_by,
            now=timezone.now(),
        )
    except gate.ReviewNeeded as needed:
        if needed.proposal is not None:
            return redirect("reviews:detail", needed.proposal.pk)
    except DeployRefused as error:
        toasts.warning(request, f"Nothing changed. {error}")
        return redirect("reviews:detail", review_id)
    toasts.success(request, "Live. The policy no longer asks for a review.")
    return redirect("workers:detail", proposal.worker.name)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the diff, as on the page of a diff."""

    version: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`page` with what depends on the reader; the last two are of a refused decision."""

    row: WorkerRow
    now: datetime
    page: ReviewPage
    operates: bool
    admin: bool
    left: Side
    right: Side
    address: str
    refused: str = ""
    comment: str = ""


def _context(request: HttpRequest, proposal: Proposal) -> Context:
    now, user = timezone.now(), person(request)
    row = worker_row(proposal.worker)
    shown = page_of(proposal, user, now, whole=not wants_fragment(request))
    return Context(
        row=row,
        now=now,
        page=shown,
        operates=may_operate(user),
        admin=user.may(Role.ADMIN),
        left=Side(shown.left),
        right=Side(shown.right),
        address=request.path,
    )


def _refused(request: HttpRequest, refused: DecisionRefused) -> HttpResponse:
    """The page as it is now, and why nothing changed; what was typed stays."""
    proposal = _proposal(refused.proposal.pk)
    context = replace(
        _context(request, proposal),
        refused=messages.refused(refused.code, proposal),
        comment=request.POST.get("comment", ""),
        address=f"/reviews/{proposal.pk}/",
    )
    return _show(request, context, STATUS.get(refused.code, 403))


def _show(request: HttpRequest, context: Context, status: int = 200) -> HttpResponse:
    variables = as_context(context, context.page.changes)
    return page(request, "reviews/detail.html", variables, partial="decisions", status=status)


def _proposal(review_id: UUID) -> Proposal:
    return get_object_or_404(Proposal.objects.with_people(), pk=review_id)


def _candidate(proposal: Proposal) -> Version | None:
    """The version that the request is about."""
    candidate = splits_of([proposal])[proposal.pk].candidate
    return Version.objects.filter(pk=candidate.version.pk).first() if candidate else None
