"""Addresses of the Cloudflare-compatible API. Whatever happens here is answered in its envelope."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from dashboard.api.api import PREFIX, api
from dashboard.api.docs.reference import openapi, reference
from dashboard.api.http.envelope import failure
from dashboard.api.http.errors import unexpected, unknown_route
from dashboard.api.products import product_at

View = Callable[..., HttpResponse]
app_name = "api"


def enveloped(view: View) -> View:
    """Only the token counts: no session, so no CSRF; a wrong method is told like any refusal."""

    @csrf_exempt
    @login_not_required
    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # what Ninja itself did not expect
            return unexpected(request, error)
        if response.status_code != 405:
            return response
        if product_at(request.path.removeprefix(PREFIX)):
            return unknown_route(request)
        refusal = failure(405, [(10405, f"Method {request.method} is not allowed here.")])
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
