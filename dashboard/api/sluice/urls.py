"""Addresses of Sluice's own API. Whatever happens here is answered as plain JSON."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from dashboard.api.sluice.api import api, openapi, reference
from dashboard.api.sluice.errors import refusal, unexpected, unknown_address

View = Callable[..., HttpResponse]
app_name = "sluice_api"


def plain(view: View) -> View:
    """Only the token counts: no session, so no CSRF; a wrong method is a refusal like any other."""

    @csrf_exempt
    @login_not_required
    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a guard: what Ninja itself did not expect
            return unexpected(request, error)
        if response.status_code != 405:
            return response
        message = f"Method {request.method} is not allowed here."
        refused = refusal(405, "method_not_allowed", message)
        refused["Allow"] = response["Allow"]
        return refused

    return answered


def _plain(pattern: Any) -> URLPattern:
    wrapped: URLPattern = pattern
    wrapped.callback = plain(pattern.callback)
    return wrapped


urlpatterns = [
    path("", reference, name="reference"),
    path("openapi.json", openapi, name="openapi"),
    *map(_plain, api.urls[0]),
    re_path("", plain(unknown_address)),
]
