"""Paths of the Cloudflare-compatible API. Every answer uses its envelope."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from dashboard import misbehavior
from dashboard.api import messages
from dashboard.api.api import PREFIX, api
from dashboard.api.docs.reference import openapi, reference
from dashboard.api.http.envelope import failure
from dashboard.api.http.errors import unexpected, unknown_route
from dashboard.api.http.rate_headers import add_rate_headers
from dashboard.api.products import product_at

View = Callable[..., HttpResponse]
app_name = "api"


def enveloped(view: View) -> View:
    """Authentication is by token only, so without sessions and CSRF. Wraps 405 and bugs, too."""

    @csrf_exempt
    @login_not_required
    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refused := misbehavior.refusal(request):
            return refused
        misbehavior.before_view(request)
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - what Ninja itself did not expect
            return unexpected(request, error)
        if response.status_code != 405:
            return misbehavior.after_view(request, add_rate_headers(request, response))
        if product_at(request.path.removeprefix(PREFIX)):
            return unknown_route(request)
        refusal = failure(405, [(10405, messages.method_not_allowed(request.method))])
        refusal["Allow"] = response["Allow"]
        return refusal

    return answered


def _enveloped(pattern: Any) -> URLPattern:
    wrapped: URLPattern = pattern
    wrapped.callback = enveloped(pattern.callback)
    return wrapped


urlpatterns = [
    path("", reference, name="reference"),
    path("openapi.json", openapi, name="openapi"),
    *map(_enveloped, api.urls[0]),
    re_path("", enveloped(unknown_route)),  # whatever is left, line breaks included
]
