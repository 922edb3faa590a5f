"""`/metrics`, for Prometheus, with a token."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from dashboard.accounts.models import Token
from dashboard.accounts.tokens import bearer_token
from dashboard.api.http.auth import caller_of
from dashboard.api.http.errors import ApiError
from dashboard.metrics.collect import ControlPlane

registry = CollectorRegistry()
registry.register(ControlPlane())


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Takes SLUICE_METRICS_TOKEN, or an API token with the scope read."""
    if not _may_scrape(request):
        refusal = HttpResponse(
            "Send a token: Authorization: Bearer <SLUICE_METRICS_TOKEN, or an API token>.\n",
            content_type="text/plain",
            status=401,
        )
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


def _may_scrape(request: HttpRequest) -> bool:
    given, own = bearer_token(request.headers.get("Authorization", "")), settings.METRICS_TOKEN
    if own and hmac.compare_digest(given.encode(), own.encode()):
        return True
    try:
        return caller_of(request).may(Token.Scope.READ)
    except ApiError:
        return False
