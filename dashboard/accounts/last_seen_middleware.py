"""Signed-in requests: when a person was last here, and limits per person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages as notices
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.accounts import messages
from dashboard.accounts.models import User
from dashboard.accounts.permissions import person
from dashboard.accounts.sign_in.browsers import note_activity
from dashboard.accounts.sign_in.second_factor import is_due
from dashboard.accounts.sign_in.session_limits import end_of
from dashboard.fleet.storage import own_disk
from dashboard.limits.answers import (
    RETRY_SECONDS,
    give_place_back,
    retry_after,
    take_place,
)
from dashboard.limits.messages import no_place
from dashboard.limits.places import NoPlace
from dashboard.ui.http.unstorable_input import refuse_unstorable

_BY_DJANGO = ("allauth.", "dashboard.accounts.")
"""Views whose errors allauth's middleware answers: Django asks it only if it called the view."""
SEEN_EVERY = timedelta(minutes=1)


class LoginAndSeenMiddleware(LoginRequiredMiddleware):
    """Django's, which also notes the time of a request at most once a minute (open pages do it by
    their socket), rejects text that no database can store, and limits concurrent requests per
    person. One middleware: each more would cost every request a change of threads, about 1 ms.
    """

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if refused := refuse_unstorable(request, view_func):
            return refused
        refusal = super().process_view(request, view_func, view_args, view_kwargs)
        signed_in = getattr(view_func, "login_required", True)
        if refusal is None and signed_in:
            refusal = refuse_session(request)
        if refusal or view_func.__module__.startswith(_BY_DJANGO):
            return refusal
        try:
            if signed_in:
                take_place(request, person(request).pk)
            response: HttpResponseBase = view_func(request, *view_args, **view_kwargs)
            return response
        except NoPlace as error:
            return _too_many(request, error)
        finally:
            # Here, not in `process_response`: a browser that leaves ends the request, but not the
            # thread that works on it.
            give_place_back(request)


def _too_many(request: HttpRequest, error: NoPlace) -> HttpResponse:
    words = {"message": no_place("requests", error.own)}
    response = HttpResponse(render_to_string("429.html", words), status=429)
    return retry_after(response, RETRY_SECONDS)


def refuse_session(request: HttpRequest) -> HttpResponse | None:
    """None for a session that is good for this page; notes that its person is here."""
    user, now = person(request), timezone.now()
    if end := end_of(request.session, now):
        logout(request)
        notices.info(request, messages.SESSION_ENDED[end])
        return redirect_to_login(request.get_full_path())
    if is_due(request) and not _sets_up_a_factor(request):
        return redirect("mfa_index")
    if own_disk():  # nothing can be saved, and a page that is only read must not fail by that
        return None
    note_activity(request, now)
    if user.last_seen is None or now - user.last_seen > SEEN_EVERY:
        note_seen(user, now)
    return None


def _sets_up_a_factor(request: HttpRequest) -> bool:
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    return name.startswith("mfa_") or name in ("account_reauthenticate", "logout")


def note_seen(person: User, now: datetime) -> bool:
    """Notes that they are here, at most once a minute; False for one who is off."""
    known = User.objects.filter(pk=person.pk, is_active=True)
    earlier = Q(seen_on=None) | Q(seen_on__lt=now - SEEN_EVERY)
    return bool(known.filter(earlier).update(seen_on=now)) or known.exists()
