"""The browsers one is signed in with: look at them, end one or all others."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Session, User
from dashboard.accounts.permissions import person
from dashboard.accounts.sign_in.browsers import device_name
from dashboard.accounts.sign_in.sessions import end_others
from dashboard.ui.page import page
from routing.control import audit


@never_cache
@require_GET
def browsers(request: HttpRequest) -> HttpResponse:
    rows = sessions_of(person(request), request.session.session_key)
    return page(request, "accounts/sign_in/browsers.html", {"browsers": rows})


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def end(request: HttpRequest) -> HttpResponse:
    """Ends the session `browser`, or all others without it. The person confirms their identity
    first, so that a stranger at an open browser cannot end the owner's sessions."""
    user, own = person(request), request.session.session_key
    chosen = request.POST.get("browser")
    if chosen is None:
        end_others(user, own)
        _record(user, "person.sign_out_others")
        messages.success(request, "All other browsers are signed out.")
        return redirect("browsers")
    rows = [row for row in sessions_of(user, own) if row["id"] == chosen and not row["here"]]
    ended = [Session.objects.filter(user=user, pk=row["key"]).delete()[0] for row in rows]
    if any(ended):
        _record(user, "person.sign_out_one", device=rows[0]["device"], address=rows[0]["address"])
        messages.success(request, f"{rows[0]['device']} is signed out.")
    else:
        messages.info(request, "That browser was already signed out.")
    return redirect("browsers")


def sessions_of(user: User, own: str | None) -> list[dict[str, Any]]:
    """The sessions of a person, this one first, then by activity. A session's key never leaves:
    pages name it by a keyed hash."""
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    found = [
        {
            "key": row.pk,
            "id": salted_hmac("browser", row.pk).hexdigest()[:16],
            "device": device_name(row.user_agent),
            "address": row.address,
            "signed_in_at": row.signed_in_at,
            "active_at": row.active_at,
            "here": row.pk == own,
        }
        for row in rows.order_by("-active_at")
    ]
    return sorted(found, key=lambda row: not row["here"])


def _record(user: User, action: str, **facts: object) -> None:
    audit.record(
        action,
        user.username,
        actor=user,
        source="dashboard",
        now=timezone.now(),
        after=facts or None,
    )
