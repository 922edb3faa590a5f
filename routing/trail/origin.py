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
    """Everything recorded inside gets one request id."""
    origin = Origin(new_request_id(), address)
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)


def current() -> Origin:
    """The present origin; outside of any, one with an id of its own."""
    return _current.get() or Origin(new_request_id())


def note_token(name: str, person: str) -> None:
    """The request signed in with this API token."""
    if origin := _current.get():
        origin.token, origin.person = name, person


def note_refusal(why: str) -> None:
    """Why the request is about to be refused; the first reason counts."""
    if (origin := _current.get()) and not origin.refusal:
        origin.refusal = why


def new_request_id() -> str:
    """Made here: an id that a client sends could claim another click's entries."""
    return str(uuid.uuid4())
