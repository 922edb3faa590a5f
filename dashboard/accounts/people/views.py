"""The page of people and tokens, and its forms."""

from __future__ import annotations

from functools import wraps

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.accounts import messages
from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, Token, User
from dashboard.accounts.people import changes
from dashboard.accounts.people.changes import PersonConflict, PersonRefused
from dashboard.accounts.people.forms import InviteForm, TokenForm
from dashboard.accounts.people.page_context import Invited, NewToken, PeoplePage, people_page
from dashboard.accounts.permissions import P, View, actor_of, permission, person, refuse, requires
from dashboard.accounts.tokens import TokenRefused, make_token, remove, revoke
from dashboard.ui.page import page


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
    return _page(request, people_page(person(request), timezone.now()))


@requires(Role.ADMIN)
@never_cache
@posted
def invite(request: HttpRequest) -> HttpResponse:
    """The answer has the link, this once. A second send fails: the name is taken."""
    form, by = InviteForm(request.POST), actor_of(request)
    if not form.is_valid():
        return _page(request, people_page(person(request), by.now, invite=form), 422)
    typed = form.cleaned_data
    try:
        invited = changes.invite(
            name=typed["username"],
            email=typed["email"],
            role=Role(typed["role"]),
            by_token_only=typed["kind"] == "machine",
            by=by,
        )
    except PersonRefused as error:
        form.add_error("username", str(error))
        return _page(request, people_page(person(request), by.now, invite=form), 409)
    link = "" if invited.by_token_only else _link(request, invited, by)
    return _page(request, people_page(person(request), by.now, invited=Invited(invited, link)))


@requires(Role.ADMIN)
@never_cache
@posted
def act(request: HttpRequest, user_id: int) -> HttpResponse:
    """Changes a role, makes a link, signs out, removes the second factor, switches on or off: the
    value of the button `do`."""
    changed, by = get_object_or_404(User, pk=user_id), actor_of(request)
    try:
        if request.POST.get("do") == "link":
            invited = Invited(changed, _link(request, changed, by))
            return _page(request, people_page(person(request), by.now, invited=invited))
        notice = _do(request, changed, by)
    except PersonRefused as error:
        return _refused(request, error)
    notices.success(request, notice)
    return redirect("people:list")


def _do(request: HttpRequest, changed: User, by: Actor) -> str:
    """What was done, for a notice. Raises `PersonRefused`."""
    action, name = request.POST.get("do", ""), changed.username
    match action:
        case "role":
            role = request.POST.get("role", "")
            if role not in Role.values:
                raise PersonRefused(messages.unknown_role(role))
            changes.set_role(changed, Role(role), was=request.POST.get("was", ""), by=by)
            return messages.role_set(name, Role(role))
        case "sign-out":
            return messages.signed_out(name, changes.sign_out(changed, by))
        case "second-factor":
            changes.reset_second_factor(changed, by)
            return messages.factor_removed(name)
        case "off" | "on":
            changes.switch(changed, on=action == "on", by=by)
            return messages.switched(name, on=action == "on")
    raise PersonRefused(messages.UNKNOWN_ACTION)


@never_cache
@posted
def make(request: HttpRequest) -> HttpResponse:
    """The answer has the secret, this once. A second send fails: the name is taken."""
    user, by = person(request), actor_of(request)
    form = TokenForm(user, request.POST)
    if not form.is_valid():
        return _page(request, people_page(user, by.now, new_token=form), 422)
    typed = form.cleaned_data
    try:
        token, secret = make_token(
            owner=typed["owner"],
            name=typed["name"],
            scopes=[typed["scope"]],
            workers=[worker.name for worker in typed["workers"]],
            expires_on=form.expires_on(by.now),
            by=by,
        )
    except TokenRefused as error:
        form.add_error(error.field, str(error))
        return _page(request, people_page(user, by.now, new_token=form), 409)
    except PersonConflict as error:
        return _refused(request, error)
    return _page(request, people_page(user, by.now, made=NewToken(token, secret)))


@posted
def end(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revokes one's own token, or as an admin any; takes an ended one off the list."""
    token, by = (
        get_object_or_404(Token.objects.select_related("user"), pk=token_id),
        actor_of(request),
    )
    admin = permission(request.user, Role.ADMIN)
    if token.user != person(request) and not admin:
        return refuse(request, admin)
    action = request.POST.get("do", "")
    if action not in ("remove", "revoke"):
        return _refused(request, PersonRefused(messages.UNKNOWN_ACTION))
    done = remove(token, by) if action == "remove" else revoke(token, by)
    level = notices.SUCCESS if done else notices.WARNING
    notices.add_message(request, level, f"{token.name} {messages.TOKEN_ENDED[action, done]}")
    return redirect("people:list")


def _page(request: HttpRequest, context: PeoplePage, status: int = 200) -> HttpResponse:
    return page(request, "accounts/people/people.html", context, status=status)


def _refused(request: HttpRequest, error: PersonRefused) -> HttpResponse:
    """The page as it is now, with the reason why nothing changed."""
    context = people_page(person(request), timezone.now(), refused=str(error))
    return _page(request, context, 409 if isinstance(error, PersonConflict) else 422)


def _link(request: HttpRequest, invited: User, by: Actor) -> str:
    return request.build_absolute_uri(changes.link_of(invited, by))
