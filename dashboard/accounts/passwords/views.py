"""Setting a password: by an admin's link the first time, later by the old one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils import timezone

from dashboard.accounts import messages
from dashboard.accounts.attempts.limits import LINKS_BY_ADDRESS
from dashboard.accounts.attempts.refusals import seconds_to_wait, too_many
from dashboard.accounts.models import User
from dashboard.accounts.passwords.link_tokens import links
from dashboard.accounts.passwords.login_throttle import login_attempts_left
from dashboard.accounts.sign_in.sessions import end_others
from routing.control import audit

LINK_LASTS = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


class SetPassword(PasswordResetConfirmView):
    """Sets the password of the link's person and signs them in. All other sessions end."""

    template_name = "accounts/passwords/set_password.html"
    success_url = reverse_lazy("workers:list")
    token_generator = links
    extra_context = {"link_lasts": LINK_LASTS}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if not self.validlink and (seconds := seconds_to_wait(LINKS_BY_ADDRESS, request)):
            return too_many(request, seconds)
        return response

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        may = isinstance(user, User) and user.is_active and not user.by_token_only
        return user if may else None

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        super().form_valid(form)
        # A second factor is still required: the link only proves that an admin sent it.
        to_do = Login(user=form.user, redirect_url=str(self.success_url))
        credentials = {"username": form.user.username}
        response: HttpResponse = perform_password_login(self.request, credentials, to_do)
        _done(self.request, form.user, messages.welcome(form.user.username))
        return response


class OldPassword(PasswordChangeForm):
    """Guesses at the old password count like those at the sign-in page."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        name, given = self.user.username, self.cleaned_data["old_password"]
        if authenticate(self.request, username=name, password=given) is None:
            attempts = login_attempts_left(self.request, name)
            if attempts.until:
                raise ValidationError(messages.too_many_passwords(attempts.minutes))
            raise ValidationError(messages.wrong_password(attempts.left))
        return str(given)


class ChangePassword(PasswordChangeView):
    """The old one first; every other session of this person ends."""

    template_name = "accounts/passwords/password.html"
    form_class = OldPassword
    success_url = reverse_lazy("account")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        _done(self.request, form.user, messages.PASSWORD_CHANGED)
        return response


def _done(request: HttpRequest, user: User, notice: str) -> None:
    end_others(user, request.session.session_key)
    now = timezone.now()
    audit.record("person.password", user.username, actor=user, source="dashboard", now=now)
    notices.success(request, notice)


set_password = login_not_required(SetPassword.as_view())
change_password = ChangePassword.as_view()
