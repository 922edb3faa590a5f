"""The policy page. Admins save."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, refuse
from dashboard.reviews.policies import edits, messages
from dashboard.reviews.policies.edits import Effective
from dashboard.reviews.policies.models import PolicyEdit
from dashboard.reviews.policies.policy import Policy, PolicyError
from dashboard.reviews.policy_pages.form import PolicyForm, RuleRow, form_of, policy_of, typed_rows
from dashboard.reviews.policy_pages.preview import Preview, preview_of
from dashboard.reviews.proposals.models import Proposal
from dashboard.ui.page import page
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """`worker_named` None: the account-wide default. `own`: the newest edits of Workers' own
    policies; `follow`: how many Workers have none; `affected`: Workers that a save changes."""

    worker_named: Worker | None
    now: Effective
    own: list[PolicyEdit]
    follow: int
    names: list[str]
    affected: int
    open_reviews: int
    preview: Preview
    can: Permission
    rows: list[RuleRow]
    emergency: bool
    refused: str


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The account-wide default."""
    if name := request.GET.get("worker"):
        return redirect("policies:worker", get_object_or_404(Worker, name=name).name)
    return _page(request, None)


@require_http_methods(["GET", "POST"])
def worker(request: HttpRequest, name: str) -> HttpResponse:
    """A Worker's policy: its own or the default."""
    return _page(request, get_object_or_404(Worker, name=name))


def _page(request: HttpRequest, worker: Worker | None) -> HttpResponse:
    if request.method != "POST":
        now = edits.effective(worker)
        return _render(request, worker, form_of(now.policy), now.policy)
    try:
        policy = policy_of(request.POST, "emergency" in request.POST)
        if "look" in request.POST:
            return _render(request, worker, form_of(policy), policy)
        return _save(request, worker, policy)
    except PolicyError as error:
        return _wrong(request, worker, error)


def _save(request: HttpRequest, worker: Worker | None, policy: Policy) -> HttpResponse:
    allowed = permission(request.user, Role.ADMIN)
    if not allowed:
        return refuse(request, allowed)
    by = actor_of(request)
    if worker is not None and "follow" in request.POST:
        edit = edits.follow_account(worker, by)
    else:
        edit = edits.save(worker, lambda _: policy, by)
    toasts.success(request, messages.saved(edit.number if edit else None))
    return redirect("policies:worker", worker.name) if worker else redirect("policies:account")


def _wrong(request: HttpRequest, worker: Worker | None, error: PolicyError) -> HttpResponse:
    """The submitted form with its error."""
    now = edits.effective(worker)
    try:
        rows = typed_rows(request.POST, error)
    except PolicyError:
        rows = form_of(now.policy).rows
    form = PolicyForm(rows, "emergency" in request.POST)
    return _render(request, worker, form, now.policy, refused=str(error))


def _render(
    request: HttpRequest, worker: Worker | None, form: PolicyForm, policy: Policy, refused: str = ""
) -> HttpResponse:
    follow = edits.workers_of(None).count()
    affected = edits.workers_of(worker).order_by()
    context = PolicyPage(
        worker_named=worker,
        now=edits.effective(worker),
        own=edits.own_policies(),
        follow=follow,
        names=list(Worker.objects.values_list("name", flat=True)),
        affected=1 if worker else follow,
        open_reviews=Proposal.objects.undecided().filter(worker__in=affected).count(),
        preview=preview_of(policy, worker),
        can=permission(request.user, Role.ADMIN),
        rows=form.rows,
        emergency=form.emergency,
        refused=refused,
    )
    return page(request, "reviews/policies.html", context, status=422 if refused else 200)
