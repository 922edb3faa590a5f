"""The page of a Worker's hooks and their latest requests."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import (
    Permission,
    actor_of,
    permission,
    refuse,
    requires,
)
from dashboard.rollouts.hooks import changes as hook_changes, messages
from dashboard.rollouts.hooks.changes import HookForm, HookRefused
from dashboard.rollouts.hooks.events import HookEvent, HookKind, Progress
from dashboard.rollouts.hooks.messages import EVENTS, KINDS
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.ui.page import page
from dashboard.ui.redact_url import redacted_url
from routing.models import Worker

LISTED = 20
"""Number of requests on the page."""
TONES = {
    Progress.DONE: "ok",
    Progress.WAITING: "plain",
    Progress.REFUSED: "danger",
    Progress.FAILED: "warn",
    Progress.VOID: "plain",
}


@dataclass(frozen=True, slots=True)
class HookRow:
    """One row of the table; the URL is redacted."""

    hook: Hook
    event: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One request and its result."""

    delivery: HookDelivery
    event: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class HooksPage:
    """`changes`: the hook that the form changes, None for a new one. `secret` of `made`, shown this
    once."""

    worker: Worker
    hooks: list[HookRow]
    deliveries: list[DeliveryRow]
    form: HookForm
    changes: Hook | None
    form_address: str
    refused: HookRefused | None
    made: Hook | None
    secret: str
    events: list[tuple[str, str]]
    kinds: list[tuple[str, str]]
    hosts: list[str]
    can: Permission


@never_cache
@require_http_methods(["GET", "POST"])
def of_worker(request: HttpRequest, name: str) -> HttpResponse:
    """The Worker's hooks. POST creates one and displays its secret once."""
    worker = get_object_or_404(Worker, name=name)
    if request.method != "POST":
        return _page(request, worker)
    allowed = permission(request.user, Role.OPERATOR)
    if not allowed:
        return refuse(request, allowed)
    form = HookForm.from_post(request.POST)
    try:
        hook, secret = hook_changes.create(worker, form, actor_of(request))
    except HookRefused as refused:
        return _page(request, worker, form=form, refused=refused, status=422)
    return _page(request, worker, made=hook, secret=secret)


@never_cache
@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, name: str, hook_id: int) -> HttpResponse:
    """The form of one hook. POST saves it."""
    hook = _hook(name, hook_id)
    if request.method != "POST":
        url = redacted_url(hook.url)
        form = HookForm(hook.name, hook.event, hook.kind, url, str(hook.timeout))
        return _page(request, hook.worker, form=form, changes=hook)
    form = HookForm.from_post(request.POST)
    try:
        hook_changes.change(hook, form, actor_of(request))
    except HookRefused as refused:
        saved = _hook(name, hook_id)
        return _page(request, hook.worker, form=form, changes=saved, refused=refused, status=422)
    toasts.success(request, messages.saved(hook.name))
    return redirect("rollouts:hooks", name)


@never_cache
@requires(Role.OPERATOR)
@require_POST
def act(request: HttpRequest, name: str, hook_id: int) -> HttpResponse:
    """`do` is on, off, test, rotate or delete."""
    hook, by = _hook(name, hook_id), actor_of(request)
    verb = request.POST.get("do", "")
    if verb == "rotate":
        return _page(request, hook.worker, made=hook, secret=hook_changes.rotate(hook, by))
    if verb in ("on", "off"):
        hook_changes.switch(hook, verb == "on", by)
        toasts.success(request, messages.switched(hook.name, verb))
    elif verb == "test":
        hook_changes.send_test(hook, by)
        toasts.success(request, messages.testing(hook.name))
    elif verb == "delete":
        hook_changes.delete(hook, by)
        toasts.success(request, messages.deleted(hook.name))
    else:
        return HttpResponse(status=400)
    return redirect("rollouts:hooks", name)


def _page(
    request: HttpRequest,
    worker: Worker,
    *,
    form: HookForm | None = None,
    changes: Hook | None = None,
    refused: HookRefused | None = None,
    made: Hook | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    recent = HookDelivery.objects.filter(hook__worker=worker).select_related("hook", "rollout")
    context = HooksPage(
        worker=worker,
        hooks=[_row(hook) for hook in sorted(worker.hooks.all(), key=_in_time)],
        deliveries=[_delivery(row) for row in recent.order_by("-created_at", "-pk")[:LISTED]],
        form=form or HookForm(),
        changes=changes,
        form_address=_address(worker, changes),
        refused=refused,
        made=made,
        secret=secret,
        events=[(value, EVENTS[HookEvent(value)]) for value, _ in Hook.EVENTS],
        kinds=[(kind.value, KINDS[kind]) for kind in HookKind],
        hosts=sorted(settings.EXPORT_HOSTS),
        can=permission(request.user, Role.OPERATOR),
    )
    return page(request, "rollouts/hooks/hooks.html", context, partial="hooks", status=status)


def _address(worker: Worker, changes: Hook | None) -> str:
    """URL of the form."""
    if changes is None:
        return reverse("rollouts:hooks", args=[worker.name])
    return reverse("rollouts:hook", args=[worker.name, changes.pk])


def _in_time(hook: Hook) -> tuple[int, str]:
    """Sort key: the order in which a rollout calls its hooks."""
    return list(HookEvent).index(HookEvent(hook.event)), hook.name


def _row(hook: Hook) -> HookRow:
    event, kind = EVENTS[HookEvent(hook.event)], KINDS[HookKind(hook.kind)]
    return HookRow(hook, event, kind, redacted_url(hook.url))


def _delivery(row: HookDelivery) -> DeliveryRow:
    progress = Progress(row.state)
    retries = progress is Progress.FAILED and row.next_try_at is not None
    word = messages.WILL_RETRY if retries else messages.PROGRESS[progress]
    return DeliveryRow(row, EVENTS[HookEvent(row.event)], TONES[progress], word)


def _hook(name: str, hook_id: int) -> Hook:
    return get_object_or_404(Hook.objects.select_related("worker"), pk=hook_id, worker__name=name)
