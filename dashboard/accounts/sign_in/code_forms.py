"""allauth's forms for codes, with a limit that all web processes share."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone

from dashboard.accounts.attempts import counts
from dashboard.accounts.attempts.limits import CODES
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.attempts.refusals import retry_after

TOO_MANY = "too_many_attempts"


class _Limited:
    """`clean_code` counts before it compares."""

    user: Any

    def clean_code(self) -> str:
        subject = str(self.user.pk)
        if seconds := counts.take(CODES, subject, timezone.now()):
            raise ValidationError(try_again(seconds), code=TOO_MANY, params={"seconds": seconds})
        code: str = super().clean_code()  # type: ignore[misc]  # the form's
        counts.forget(CODES, subject)
        return code


class LimitedCode(_Limited, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """At sign-in."""


class LimitedReauthenticationCode(_Limited, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """Before a change of one's factors."""


class LimitedActivationCode(_Limited, ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """When an authenticator app is set up."""


def as_refusal(form: forms.Form, response: HttpResponse) -> HttpResponse:
    """`response` with 429 where the form has had too many attempts."""
    for error in form.errors.as_data().get("code", []):
        if error.code == TOO_MANY and error.params:
            response.status_code = 429
            return retry_after(response, error.params["seconds"])
    return response
