"""Answers to errors: a database that is away or a full disk is no fault of the program, and
passes."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as failed

from dashboard.fleet.storage import problem_of
from dashboard.ui.messages import headline_of, reason_of

RETRY_SECONDS = 5
_PROBES = ("/healthz", "/readyz")


def server_error(request: HttpRequest) -> HttpResponse:
    """For pages, probes and the edges' endpoints: 503, or 507 for a full disk, with the reason."""
    problem = problem_of(sys.exc_info()[1])
    if problem is None:
        return failed(request)
    reason = reason_of(problem)
    if request.path in _PROBES:
        response: HttpResponse = JsonResponse({"status": problem.state}, status=problem.status)
    elif request.path.startswith("/edge/"):
        response = JsonResponse({"error": reason}, status=problem.status)
    else:
        context = {"reason": reason, "headline": headline_of(problem), "status": problem.status}
        response = HttpResponse(render_to_string("503.html", context), status=problem.status)
    return retry_later(response)


def retry_later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
