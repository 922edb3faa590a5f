"""The browsers a person is signed in with: look at them, end one or all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.decorators import reauthentication_required
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts import messages
from dashboard.accounts.models import Session, User
from dashboard.accounts.permissions import person
from dashboard.accounts.sign_in.browsers import device_name
from dashboard.accounts.sign_in.sessions import end_others
from dashboard.ui.page import page
from routing.control import audit


@dataclass(frozen=True, slots=True)
class BrowserRow:
    """`id`: a keyed hash of the session's key, which never leaves."""

    id: str
    key: str
    device: str
    address: str
    signed_in_at: datetime | None
    active_at: datetime | None
    here: bool


@dataclass(frozen=True, slots=True)
class BrowsersPage:
    browsers: tuple[BrowserRow, ...]


@never_cache
@require_GET
def browsers(request: HttpRequest) -> HttpResponse:
    rows = sessions_of(person(request), request.session.session_key)
    return page(request, "accounts/sign_in/browsers.html", BrowsersPage(rows))


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
        notices.success(request, messages.OTHERS_SIGNED_OUT)
    elif row := _end_one(user, own, chosen):
        _record(user, "person.sign_out_one", device=row.device, address=row.address)
        notices.success(request, messages.browser_signed_out(row.device))
    else:
        notices.info(request, messages.ALREADY_SIGNED_OUT)
    return redirect("browsers")


def _end_one(user: User, own: str | None, id: str) -> BrowserRow | None:
    """None if it had ended, or is the one of this request."""
    for row in sessions_of(user, own):
        if row.id == id and not row.here:
            ended, _ = Session.objects.filter(user=user, pk=row.key).delete()
            return row if ended else None
    return None


def sessions_of(user: User, own: str | None) -> tuple[BrowserRow, ...]:
    """The sessions of a person, this one first, then by activity."""
    sessions = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    rows = [
        BrowserRow(
            id=salted_hmac("browser", session.pk).hexdigest()[:16],
            key=session.pk,
            device=device_name(session.user_agent),
            address=session.address,
            signed_in_at=session.signed_in_at,
            active_at=session.active_at,
            here=session.pk == own,
        )
        for session in sessions.order_by("-active_at")
    ]
    return tuple(sorted(rows, key=lambda row: not row.here))


def _record(user: User, action: str, **facts: object) -> None:
    audit.record(
        action,
        user.username,
        actor=user,
        source="dashboard",
        now=timezone.now(),
        after=facts or None,
    )
