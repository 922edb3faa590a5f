"""Errors of namespaces and of the state process as the API answers them; who changes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.api.http.errors import ApiError
from dashboard.storage import messages
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.namespaces import NamespaceRefused

UNAVAILABLE = 10001
"""Cloudflare's code for a service that is not available."""
REFUSED = 10026


@contextmanager
def state_errors(code: int = REFUSED) -> Iterator[None]:
    """Turns errors of the state process into `ApiError`; its refusals have `code`."""
    try:
        yield
    except StateUnavailable:
        raise ApiError(503, (UNAVAILABLE, messages.UNAVAILABLE), retry_after=1) from None
    except StateRefused as error:
        raise ApiError(error.status, (code, str(error))) from None


@contextmanager
def namespace_errors(*, exists: int, invalid: int, exists_status: int = 400) -> Iterator[None]:
    """Turns `NamespaceRefused` into `ApiError` with the code `exists` or `invalid`."""
    try:
        yield
    except NamespaceRefused as error:
        if error.kind == "exists":
            raise ApiError(exists_status, (exists, str(error))) from None
        raise ApiError(400, (invalid, str(error))) from None
