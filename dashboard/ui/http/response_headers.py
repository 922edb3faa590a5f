"""Headers of every answer that Django and its security middleware leave out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

UNUSED_FEATURES = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
"""What no page here asks a browser for (W3C, Permissions Policy). Passkeys and copying stay."""


NO_FRAME = "frame-ancestors 'none'"


@sync_and_async_middleware
def headers_middleware(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Adds no change of threads to a request."""
    if iscoroutinefunction(get_response):
        return _in_loop(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        add_headers(response)
        return response

    return middleware


def _in_loop(get_response: Callable[..., Awaitable[HttpResponseBase]]) -> Callable[..., Any]:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        add_headers(response)
        return response

    return middleware


def add_headers(response: HttpResponseBase) -> None:
    """No other site embeds what is here, and no cache stores it.

    A view that knows better sets `Cache-Control` itself, as that of modules does, whose address is
    a hash of their content. Static files have their own.
    """
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers.setdefault("Content-Security-Policy", NO_FRAME)  # pages have a full one
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", UNUSED_FEATURES)


def headers_before_django() -> list[tuple[bytes, bytes]]:
    """For an answer that is given before any middleware runs."""
    headers = [
        (b"cache-control", b"private, no-store"),
        (b"content-security-policy", NO_FRAME.encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if settings.SECURE_HSTS_SECONDS:
        below = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
        hsts = f"max-age={settings.SECURE_HSTS_SECONDS}{below}"
        headers.append((b"strict-transport-security", hsts.encode()))
    return headers
