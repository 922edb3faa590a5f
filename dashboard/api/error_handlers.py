"""Django's handlers of errors outside views, as in middleware or for an unknown address.

Under ASGI, Django calls them in a thread that never ends a request, so each closes its database
connection: one that stays open there is one too many, and broken after a restart of the server.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import defaults

from dashboard.api.api import PREFIX
from dashboard.api.http import errors
from dashboard.api.sluice import errors as sluice_errors
from dashboard.ui.http import unavailable

P = ParamSpec("P")


def _closes_connections(handler: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    @wraps(handler)
    def handle(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(args[0], ASGIRequest):  # called in the thread of the request
            return handler(*args, **kwargs)
        close_old_connections()  # one that broke since the last error
        try:
            return handler(*args, **kwargs)
        finally:
            close_old_connections()

    return handle


@_closes_connections
def server_error(request: HttpRequest) -> HttpResponse:
    """The envelope below `/client/v4`, JSON below `/api`, else a page."""
    error = sys.exc_info()[1]
    if request.path.startswith(f"{PREFIX}/"):
        return errors.unexpected(request, error)
    if request.path.startswith("/api/"):
        return sluice_errors.unexpected(request, error)
    return unavailable.server_error(request)


bad_request = _closes_connections(defaults.bad_request)
permission_denied = _closes_connections(defaults.permission_denied)
page_not_found = _closes_connections(defaults.page_not_found)
