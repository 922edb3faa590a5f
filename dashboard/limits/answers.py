"""Places that a request holds, and its answer when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse

from dashboard.limits.limits import REQUESTS

RETRY_SECONDS = 3
_HELD = "_sluice_place"


def take_place(request: HttpRequest, person: object) -> None:
    """A place for the work on this request, until `give_place_back`. Raises `NoPlace`."""
    if not hasattr(request, _HELD):
        REQUESTS.take(str(person))
        setattr(request, _HELD, str(person))


def give_place_back(request: HttpRequest) -> None:
    """Harmless without one."""
    if subject := getattr(request, _HELD, ""):
        delattr(request, _HELD)
        REQUESTS.give_back(subject)


@contextmanager
def waiting(request: HttpRequest) -> Iterator[None]:
    """While it only waits, another request of this person may be worked on. It then ends without a
    place: the rest of its work is short."""
    give_place_back(request)
    yield


def retry_after(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response
