"""allauth's pages of second factors: why one may be sent there, and limits of attempts."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.webauthn.views import login_webauthn
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

from dashboard.accounts.attempts import counts
from dashboard.accounts.attempts.limits import PASSKEYS_BY_ADDRESS
from dashboard.accounts.attempts.refusals import seconds_to_wait, too_many
from dashboard.accounts.sign_in.code_forms import as_refusal
from dashboard.accounts.sign_in.second_factor import is_due
from dashboard.accounts.strangers.client_address import client_of


class Factors(IndexView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **facts: Any) -> dict[str, Any]:
        return {**super().get_context_data(**facts), "must_add_factor": is_due(self.request)}


class Authenticate(AuthenticateView):  # type: ignore[misc]  # allauth has no types
    """The second step of signing in."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return as_refusal(form, super().form_invalid(form))


@login_not_required
def sign_in_with_passkey(request: HttpRequest) -> HttpResponse:
    """allauth's, with a limit by address: who it is shows only in what they send."""
    posted = request.method == "POST"
    if posted and (seconds := seconds_to_wait(PASSKEYS_BY_ADDRESS, request)):
        return too_many(request, seconds)
    response: HttpResponse = login_webauthn(request)
    if posted and request.user.is_authenticated:
        counts.give_back(PASSKEYS_BY_ADDRESS, client_of(request))
    return response


index = Factors.as_view()
authenticate = login_not_required(Authenticate.as_view())
