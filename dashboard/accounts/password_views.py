"""Setting a password: by an admin's link the first time, later by the old one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils import timezone

from dashboard.accounts.models import User
from routing import audit


class SetPassword(PasswordResetConfirmView):
    """Whoever has the link sets the password and is signed in."""

    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("workers:list")
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        response = super().form_valid(form)
        _record(form.user)
        messages.success(self.request, f"Welcome, {form.user.username}. Your password is set.")
        return response


class ChangePassword(PasswordChangeView):
    """The old one first; every other session of this person ends."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        _record(form.user)
        messages.success(self.request, "Your password is changed; other browsers are signed out.")
        return response


def _record(user: User) -> None:
    now = timezone.now()
    audit.record("person.password", user.username, actor=user, source="dashboard", now=now)


set_password = login_not_required(SetPassword.as_view())
change_password = ChangePassword.as_view()
