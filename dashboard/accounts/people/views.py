"""The page of people and tokens, and its forms."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, Token, User
from dashboard.accounts.passwords.views import LINK_LASTS
from dashboard.accounts.people import changes, queries
from dashboard.accounts.people.changes import PersonConflict, PersonRefused
from dashboard.accounts.people.forms import KINDS, LASTING, InviteForm, TokenForm, owners
from dashboard.accounts.permissions import P, View, permission, person, refuse, requires
from dashboard.accounts.tokens import TokenRefused, allowed, make_token, remove, revoke
from dashboard.ui.page import page
from routing.models import Worker

UNKNOWN = PersonRefused("The form did not say what to do: load the page again.")
ENDS = {
    ("remove", True): "is off the list.",
    ("remove", False): "still works, so it stays on the list: revoke it first.",
    ("revoke", True): "is revoked. Requests that use it are refused.",
    ("revoke", False): "was revoked already.",
}


def posted(view: View[P]) -> View[P]:
    """A GET of a form's address, as by a reload, shows the page."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return redirect("people:list")
        return view(request, *args, **kwargs)

    return answered


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _page(request)


@requires(Role.ADMIN)
@never_cache
@posted
def invite(request: HttpRequest) -> HttpResponse:
    """The answer has the link, this once. A second send fails: the name is taken."""
    form, by = InviteForm(request.POST), _by(request)
    if not form.is_valid():
        return _page(request, status=422, invite=form)
    given = form.cleaned_data
    try:
        made = changes.invite(
            name=given["username"],
            email=given["email"],
            role=Role(given["role"]),
            by_token_only=given["kind"] == "machine",
            by=by,
        )
    except PersonRefused as error:
        form.add_error("username", str(error))
        return _page(request, status=409, invite=form)
    link = "" if made.by_token_only else _link(request, made, by)
    return _page(request, invited=made, link=link)


@requires(Role.ADMIN)
@never_cache
@posted
def act(request: HttpRequest, user_id: int) -> HttpResponse:
    """Role, link, sign out, off, on: the button's name says which."""
    found, by = get_object_or_404(User, pk=user_id), _by(request)
    what, name = request.POST.get("do", ""), found.username
    try:
        if what == "link":
            return _page(request, invited=found, link=_link(request, found, by))
        if what == "role":
            role, was = request.POST.get("role", ""), request.POST.get("was", "")
            if role not in Role.values:
                return _told(request, PersonRefused(f"There is no role called {role!r}."))
            changes.set_role(found, Role(role), was=was, by=by)
            told = f"{name} is {Role(role).label.lower()} now."
        elif what == "sign-out":
            count = changes.sign_out(found, by)
            told = f"{name} is signed out of {count} session{'' if count == 1 else 's'}."
        elif what == "second-factor":
            changes.reset_second_factor(found, by)
            told = f"{name} signs in with the password alone until they add a second factor."
        elif what in ("off", "on"):
            changes.switch(found, on=what == "on", by=by)
            told = f"{name} is switched {what}."
        else:
            return _told(request, UNKNOWN)
    except PersonRefused as error:
        return _told(request, error)
    messages.success(request, told)
    return redirect("people:list")


@never_cache
@posted
def make(request: HttpRequest) -> HttpResponse:
    """The answer has the secret, this once. A second send fails: the name is taken."""
    form, by = TokenForm(person(request), request.POST), _by(request)
    if not form.is_valid():
        return _page(request, status=422, new_token=form)
    given = form.cleaned_data
    try:
        token, secret = make_token(
            owner=given["owner"],
            name=given["name"],
            scopes=[given["scope"]],
            workers=[worker.name for worker in given["workers"]],
            expires_on=form.expires_on(by.now),
            by=by,
        )
    except TokenRefused as error:
        form.add_error(error.field, str(error))
        return _page(request, status=409, new_token=form)
    except PersonConflict as error:
        return _told(request, error)
    return _page(request, token=token, secret=secret)


@posted
def end(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revokes a token of one's own, or as an admin any; takes an ended one off the list."""
    token, by = get_object_or_404(Token.objects.select_related("user"), pk=token_id), _by(request)
    admin = permission(request.user, Role.ADMIN)
    if token.user != person(request) and not admin:
        return refuse(request, admin)
    what = request.POST.get("do", "")
    if what not in ("remove", "revoke"):
        return _told(request, UNKNOWN)
    done = remove(token, by) if what == "remove" else revoke(token, by)
    level = messages.SUCCESS if done else messages.WARNING
    messages.add_message(request, level, f"{token.name} {ENDS[what, done]}")
    return redirect("people:list")


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    me, now = person(request), timezone.now()
    context = {
        "people": queries.people(now),
        "tokens": queries.tokens(me, now),
        "can": permission(me, Role.ADMIN),
        "roles": Role.choices,
        "kinds": KINDS,
        "lasting": LASTING,
        "link_lasts": LINK_LASTS,
        "owners": owners(me),
        "scopes": [(scope.value, scope.label) for scope in allowed(me)],
        "workers": Worker.objects.order_by("name").values_list("name", flat=True),
    }
    return page(request, "accounts/people/people.html", context | more, status=status)


def _told(request: HttpRequest, error: PersonRefused) -> HttpResponse:
    """The page as it is now, with why nothing changed."""
    status = 409 if isinstance(error, PersonConflict) else 422
    return _page(request, status=status, refused=str(error))


def _link(request: HttpRequest, who: User, by: Actor) -> str:
    return request.build_absolute_uri(changes.link_of(who, by))


def _by(request: HttpRequest) -> Actor:
    return Actor(actor=person(request), source="dashboard", now=timezone.now())
