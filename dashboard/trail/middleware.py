"""One request id for all that a request does; a refused attempt is recorded after its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from dashboard.live.channel.database import in_database
from dashboard.trail.refusals import is_refusal, note
from routing.trail import origin
from routing.trail.origin import Origin
from routing.transactions.after_commit import guarded

HEADER = "X-Request-Id"


@sync_and_async_middleware
def trail_middleware(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Adds no change of threads to a request: only a refusal goes to the database."""
    if iscoroutinefunction(get_response):
        return _in_loop(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with origin.begin(_address(request)) as started:
            response: HttpResponseBase = get_response(request)
            if is_refusal(request, response.status_code, started):
                _note(request, response.status_code, started)
            response[HEADER] = started.request_id
            return response

    return middleware


def _in_loop(get_response: Callable[..., Awaitable[HttpResponseBase]]) -> Callable[..., Any]:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        with origin.begin(_address(request)) as started:
            response = await get_response(request)
            if is_refusal(request, response.status_code, started):
                await in_database(_note)(request, response.status_code, started)
            response[HEADER] = started.request_id
            return response

    return middleware


def _note(request: HttpRequest, status: int, started: Origin) -> None:
    """A fault here must not change the answer."""
    guarded("record a refused attempt", partial(note, request, status, started))


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")[:45]
