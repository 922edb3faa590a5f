"""Answers to one attempt too many."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.accounts.attempts import counts
from dashboard.accounts.attempts.limits import AttemptLimit
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.strangers.client_address import client_of
from dashboard.ui.page import page


def seconds_to_wait(limit: AttemptLimit, request: HttpRequest) -> int:
    """Counts one attempt from the caller's address; 0 when it may be made."""
    return counts.take(limit, client_of(request), timezone.now())


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """A page of its own, for what has no form to say it above."""
    response = page(
        request, "accounts/sign_in/too_many.html", {"message": try_again(seconds)}, status=429
    )
    return retry_after(response, seconds)


def retry_after(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response
