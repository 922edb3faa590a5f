"""Multipart bodies of any method, with file names as sent. Django parses POST only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from multipart import MultipartError, PushMultipartParser, parse_options_header

from dashboard.api import messages
from dashboard.api.http.errors import bad_request
from routing.upload_draft import Part

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PARTS = 1000
PIECE = 256 * 1024
NAME, CONTENT_TYPE = 1024, 100
"""Longest module name and content type, in characters."""


@dataclass(frozen=True, slots=True)
class Field:
    """One part of a body; `filename` is None for a plain field."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


def read_fields(request: HttpRequest) -> list[Field]:
    """The parts of the body, in order; raises `ApiError`."""
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise bad_request(messages.EXPECTED_MULTIPART)
    try:
        return list(_fields(request, options["boundary"]))
    except (MultipartError, UnicodeError) as error:
        raise bad_request(messages.multipart_unreadable(error)) from error


def split_fields(fields: list[Field], name: str) -> tuple[bytes, tuple[Part, ...]]:
    """The content of the field `name`, and all other fields as modules.

    Some clients send that field as a file (`curl -F metadata=@…`). A module may have the same name:
    then the field is the one without a file name.
    """
    called = [f for f in fields if f.name == name]
    if len(called) > 1:
        called = [f for f in called if f.filename is None]
    if len(called) != 1:
        raise bad_request(messages.one_part_expected(name, len(called)))
    return called[0].content, _modules([f for f in fields if f is not called[0]])


def _modules(fields: list[Field]) -> tuple[Part, ...]:
    """A module is named by its file name: some clients call every part the same."""
    parts = tuple(Part(f.filename or f.name, f.content_type, f.content) for f in fields)
    check_parts(parts)
    return parts


def check_parts(parts: tuple[Part, ...]) -> None:
    """Refuses what no version could hold: names that are missing, repeated, or too long."""
    seen: set[str] = set()
    for part in parts:
        if not part.name or len(part.name) > NAME or _CONTROL.search(part.name):
            raise bad_request(messages.module_name_invalid(NAME))
        if len(part.content_type) > CONTENT_TYPE:
            raise bad_request(messages.content_type_too_long(part.name))
        if part.name in seen:
            raise bad_request(messages.module_twice(part.name))
        seen.add(part.name)


def _fields(request: HttpRequest, boundary: str) -> Iterator[Field]:
    """Reads the body from disk in pieces, so that it is never in memory twice."""
    with PushMultipartParser(boundary, max_segment_count=PARTS) as parser:
        segment, content = None, bytearray()
        for event in _events(request, parser):
            if isinstance(event, (bytes, bytearray)):
                content += event
            elif event is not None:
                segment, content = event, bytearray()
            elif segment is not None:
                kind = segment.header("Content-Type", "application/octet-stream")
                yield Field(segment.name or "", segment.filename, kind, bytes(content))
                content = bytearray()


def _events(request: HttpRequest, parser: PushMultipartParser) -> Iterator[Any]:
    while piece := request.read(PIECE):
        yield from parser.parse(piece)
