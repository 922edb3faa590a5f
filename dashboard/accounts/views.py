"""Signing in and out, and the account page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts import messages
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.attempts.refusals import retry_after
from dashboard.accounts.models import Role, User
from dashboard.accounts.passwords.login_throttle import LoginAttempts, login_attempts_left
from dashboard.accounts.permissions import person
from dashboard.accounts.sign_in import password_attempts
from dashboard.accounts.sign_in.second_factor import factor_names
from dashboard.ui.page import page


class SignIn(AuthenticationForm):
    """Django's does not look at the length, and a row for a wrong password has an end. Accounts of
    machines never sign in, whatever password a terminal gave them."""

    username = UsernameField(max_length=User._meta.get_field("username").max_length)

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.by_token_only:
            raise self.get_invalid_login_error()


@dataclass(frozen=True, slots=True)
class SignInPage:
    """`too_many`: why the form was refused unread, or empty. `tries`: after a wrong password."""

    form: SignIn
    too_many: str
    next: str
    tries: LoginAttempts | None
    limit: int
    pause_minutes: int
    hours: int
    idle_limit: timedelta | None
    most_hours: int
    provider: str


@dataclass(frozen=True, slots=True)
class AccountPage:
    role: Role
    may: str
    tokens: int
    sessions: int
    factors: list[str]


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_after(request))
    if request.method != "POST":
        return _sign_in_page(request, SignIn(request))
    name = request.POST.get("username", "")
    if seconds := password_attempts.seconds_to_wait(request, name):
        form = SignIn(request, initial={"username": name})
        refusal = _sign_in_page(request, form, too_many=try_again(seconds))
        refusal.status_code = 429
        return retry_after(refusal, seconds)
    form = SignIn(request, data=request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form)
    user = form.get_user()
    password_attempts.was_right(request, name)
    to_do = Login(user=user, redirect_url=_after(request))
    response: HttpResponse = perform_password_login(request, {"username": user.username}, to_do)
    return response


def _sign_in_page(request: HttpRequest, form: SignIn, too_many: str = "") -> HttpResponse:
    """The form; after a wrong password with the attempts left, or the length of the pause."""
    left = login_attempts_left(request, form.cleaned_data.get("username")) if form.errors else None
    context = SignInPage(
        form=form,
        too_many=too_many,
        next=_next(request),
        tries=left,
        limit=settings.AXES_FAILURE_LIMIT,
        pause_minutes=settings.AXES_COOLOFF_TIME // timedelta(minutes=1),
        hours=settings.SESSION_COOKIE_AGE // 3600,
        idle_limit=settings.IDLE_LIMIT,
        most_hours=settings.SESSION_LIMIT // timedelta(hours=1),
        provider=settings.OIDC_NAME if settings.OIDC_URL else "",
    )
    if left and left.until:
        response = page(request, "accounts/sign_in/login.html", context, status=429)
        response["Retry-After"] = str(left.seconds)
        return response
    return page(request, "accounts/sign_in/login.html", context, status=401 if left else 200)


@login_not_required
@require_GET
def cancelled(request: HttpRequest) -> HttpResponse:
    """Where a person lands who turned back at the provider."""
    notices.info(request, messages.SIGN_IN_CANCELED)
    return redirect("login")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("login")


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    user, now = person(request), timezone.now()
    context = AccountPage(
        role=Role(user.role),
        may=messages.MAY[Role(user.role)],
        tokens=user.tokens.in_use(now).count(),
        sessions=user.sessions.filter(expire_date__gt=now).count(),
        factors=factor_names(user),
    )
    return page(request, "accounts/account.html", context)


def _after(request: HttpRequest) -> str:
    """Where the person was going, if that is a page of this dashboard."""
    path = _next(request)
    # A path only: Django would take "foo" for the name of a view.
    ours = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if ours and path.startswith("/") else resolve_url("workers:list")


def _next(request: HttpRequest) -> str:
    """The page to go to after signing in, as sent: it may be any text."""
    return request.POST.get("next", request.GET.get("next", ""))
