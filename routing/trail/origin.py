"""What all entries of one click, command or decision share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Origin:
    """`token` is the name of the API token in use, `person` its owner, `address` the client's.
    `refusal` is why the request was refused, if it was."""

    request_id: str
    address: str = ""
    token: str = ""
    person: str = ""
    refusal: str = ""


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def begin(address: str = "") -> Iterator[Origin]:
    """Entries recorded within share one request id."""
    origin = Origin(new_request_id(), address)
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)


def current() -> Origin:
    """The current origin; a new one outside of `begin`."""
    return _current.get() or Origin(new_request_id())


def note_token(name: str, person: str) -> None:
    """Records the API token of the request."""
    if origin := _current.get():
        origin.token, origin.person = name, person


def note_refusal(why: str) -> None:
    """Records why the request is refused. The first reason wins."""
    if (origin := _current.get()) and not origin.refusal:
        origin.refusal = why


def new_request_id() -> str:
    """Generated here, because a client could send the id of other entries."""
    return str(uuid.uuid4())
