"""The page of a person's notification preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages as notices
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.permissions import person
from dashboard.notifications import messages
from dashboard.notifications.events import EVENTS, Event, Kind
from dashboard.notifications.models import Delivery, Follow, Preference
from dashboard.notifications.notify import notify
from dashboard.notifications.settings import preferences as saved
from dashboard.notifications.settings.preferences import PreferenceInvalid
from dashboard.ui.page import page
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class PreferencesPage:
    """`rows`: each event with its channels; `given`: the rejected form; `failing`: the newest
    message that did not reach the person."""

    rows: list[tuple[str, Kind, list[str]]]
    preference: Preference
    given: Mapping[str, Any]
    error: PreferenceInvalid | None
    zones: list[str]
    follows: list[Follow]
    levels: list[tuple[str, Any]]
    workers: list[str]
    failing: Delivery | None


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
    notices.success(request, messages.PREFERENCES_SAVED)
    return redirect("inbox:preferences")


@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """The level of one Worker."""
    worker, level = request.POST.get("worker", ""), request.POST.get("level", "")
    try:
        saved.follow(person(request), worker, level)
    except PreferenceInvalid as error:
        return _page(request, error)
    notices.success(request, messages.level_saved(worker))
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
            facts={"text": messages.TEST},
            worker="this page",
            link="/inbox/preferences/",
        )
    notices.success(request, messages.TEST_SENT)
    return redirect("inbox:preferences")


def _page(request: HttpRequest, error: PreferenceInvalid | None = None) -> HttpResponse:
    me = person(request)
    preference = saved.preference_of(me)
    chosen = saved.channels_of(preference)
    context = PreferencesPage(
        rows=[(event.value, kind, chosen[event.value]) for event, kind in EVENTS.items()],
        preference=preference,
        given=request.POST if error else {},
        error=error,
        zones=sorted(available_timezones()),
        follows=list(Follow.objects.filter(person=me).order_by("worker")),
        levels=list(Follow.Level.choices),
        workers=list(Worker.objects.order_by("name").values_list("name", flat=True)),
        failing=Delivery.objects.filter(person=me).exclude(problem="").order_by("-pk").first(),
    )
    return page(request, "notifications/preferences.html", context, status=422 if error else 200)
