"""The page of a person's notification preferences."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.permissions import person
from dashboard.notifications.events import EVENTS, Event
from dashboard.notifications.models import Delivery, Follow
from dashboard.notifications.notify import notify
from dashboard.notifications.settings import preferences as saved
from dashboard.notifications.settings.preferences import PreferenceInvalid
from dashboard.ui.page import page
from routing.models import Worker


@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Events by channel, quiet hours, followed Workers."""
    if request.method != "POST":
        return _page(request)
    try:
        saved.save(person(request), request.POST)
    except PreferenceInvalid as error:
        return _page(request, error)
    messages.success(request, "Your notifications are saved.")
    return redirect("inbox:preferences")


@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """The level of one Worker."""
    worker, level = request.POST.get("worker", ""), request.POST.get("level", "")
    try:
        saved.follow(person(request), worker, level)
    except PreferenceInvalid as error:
        return _page(request, error)
    messages.success(request, f"Saved for {worker}.")
    return redirect("inbox:preferences")


@require_POST
def send_test(request: HttpRequest) -> HttpResponse:
    """Sends a test event to the person, by their channels for mentions."""
    me = person(request)
    with transaction.atomic():
        notify(
            Event.MENTION,
            now=timezone.now(),
            people=[me],
            facts={"text": "This is a test. Notifications reach you."},
            worker="this page",
            link="/inbox/preferences/",
        )
    messages.success(request, "A test is on its way to your inbox, and by e-mail if that is on.")
    return redirect("inbox:preferences")


def _page(request: HttpRequest, error: PreferenceInvalid | None = None) -> HttpResponse:
    me = person(request)
    preference = saved.preference_of(me)
    chosen = saved.channels_of(preference)
    given: Any = request.POST if error else {}
    context = {
        "rows": [(event.value, kind, chosen[event.value]) for event, kind in EVENTS.items()],
        "preference": preference,
        "given": given,
        "error": error,
        "zones": sorted(available_timezones()),
        "follows": Follow.objects.filter(person=me).order_by("worker"),
        "levels": Follow.Level.choices,
        "workers": Worker.objects.order_by("name").values_list("name", flat=True),
        "failing": Delivery.objects.filter(person=me).exclude(problem="").order_by("-pk").first(),
    }
    return page(request, "notifications/preferences.html", context, status=422 if error else 200)
