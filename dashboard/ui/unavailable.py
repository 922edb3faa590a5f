"""Answers to errors: a database that is away or locked is no fault of the program, and passes."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as failed

RETRY_SECONDS = 5
REASON = "The database is busy or cannot be reached."


def is_database_away(error: BaseException | None) -> bool:
    """Whether `error` says that the database is locked, full, stopped or unreachable."""
    return isinstance(error, OperationalError | InterfaceError)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, for pages and the edges' endpoints."""
    if not is_database_away(sys.exc_info()[1]):
        return failed(request)
    if request.path.startswith("/edge/"):
        response: HttpResponse = JsonResponse({"error": REASON}, status=503)
    else:
        response = HttpResponse(render_to_string("503.html", {"reason": REASON}), status=503)
    return retry_later(response)


def retry_later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
