"""Headers with a token's remaining rate limit, as Cloudflare and the IETF's draft name them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard.limits.limits import api_by_token
from dashboard.limits.rates import Balance

_ATTRIBUTE = "_sluice_rate_balance"


def note_balance(request: HttpRequest, balance: Balance) -> None:
    """For `add_rate_headers`."""
    setattr(request, _ATTRIBUTE, balance)


def add_rate_headers(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Nothing for a request without a valid token."""
    balance: Balance | None = getattr(request, _ATTRIBUTE, None)
    if balance is not None:
        rate = api_by_token()
        response["X-RateLimit-Limit"] = str(rate.burst)
        response["X-RateLimit-Remaining"] = str(balance.left)
        response["RateLimit-Policy"] = f'"default";q={rate.per_minute};w=60'
        response["RateLimit"] = f'"default";r={balance.left};t={balance.full_in}'
    return response
