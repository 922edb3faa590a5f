"""The page of webhooks and failed deliveries. Admins change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages as notices
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, requires
from dashboard.notifications import messages
from dashboard.notifications.delivery.send_due import try_again
from dashboard.notifications.events import EVENTS
from dashboard.notifications.models import Delivery, Webhook
from dashboard.notifications.settings import webhooks
from dashboard.notifications.settings.webhooks import WebhookRefused
from dashboard.ui.page import page
from routing.models import Worker

LISTED = 50


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """`given`: the rejected form; `secret` of `made` is shown this once."""

    webhooks: list[Webhook]
    failing: list[Delivery]
    can: Permission
    kinds: list[tuple[str, Any]]
    events: list[tuple[str, str]]
    workers: list[str]
    hosts: list[str]
    mail_server: str
    given: Mapping[str, Any]
    error: WebhookRefused | None
    made: Webhook | None
    secret: str


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return _page(request)


@requires(Role.ADMIN)
@never_cache
@sensitive_post_parameters("url")
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Responds with the signing secret, which is displayed only once."""
    given = request.POST
    try:
        webhook, secret = webhooks.create(
            name=given.get("name", "").strip(),
            kind=given.get("kind", ""),
            url=given.get("url", "").strip(),
            worker=given.get("worker", ""),
            events=given.getlist("events"),
            by=actor_of(request),
        )
    except WebhookRefused as error:
        return _page(request, error=error)
    if secret:
        return _page(request, made=webhook, secret=secret)
    notices.success(request, messages.webhook_created(webhook))
    return redirect("notifications:settings")


@requires(Role.ADMIN)
@require_POST
def act(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """`do` is pause, resume, test or delete."""
    webhook, by = get_object_or_404(Webhook, pk=webhook_id), actor_of(request)
    action = request.POST.get("do", "")
    if action not in messages.WEBHOOK_DONE:
        return HttpResponse(status=400)
    if action == "delete":
        webhooks.delete(webhook, by)
    elif action == "test":
        webhooks.send_test(webhook, by)
    else:
        webhooks.switch(webhook, action == "resume", by)
    notices.success(request, messages.WEBHOOK_DONE[action].format(webhook))
    return redirect("notifications:settings")


@requires(Role.ADMIN)
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Retries failed deliveries."""
    ids = [int(text) for text in request.POST.getlist("delivery") if text.isdecimal()][:LISTED]
    count = try_again(ids, timezone.now())
    notices.success(request, messages.retrying(count))
    return redirect("notifications:settings")


def _page(
    request: HttpRequest,
    *,
    error: WebhookRefused | None = None,
    made: Webhook | None = None,
    secret: str = "",
) -> HttpResponse:
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    failing = Delivery.objects.exclude(problem="").exclude(state=Delivery.State.SENT)
    can = permission(request.user, Role.ADMIN)
    rows = failing.select_related("event", "person", "webhook").order_by("-pk")
    context = WebhooksPage(
        webhooks=list(Webhook.objects.annotate(waiting=waiting).order_by("name")),
        failing=list(rows[:LISTED]) if can else [],
        can=can,
        kinds=list(Webhook.Kind.choices),
        events=[(event.value, kind.label) for event, kind in EVENTS.items()],
        workers=list(Worker.objects.order_by("name").values_list("name", flat=True)),
        hosts=sorted(settings.EXPORT_HOSTS),
        mail_server=settings.EMAIL_HOST,
        given=request.POST if error else {"kind": "slack"},
        error=error,
        made=made,
        secret=secret,
    )
    return page(request, "notifications/settings.html", context, status=422 if error else 200)
