"""An object as an HTTP response, streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date

from dashboard.storage.r2.objects import HTTP_FIELDS, Object


def download(request: HttpRequest, found: Object, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """200, or 206 if `found` was opened with a range."""
    # Under ASGI Django would read a plain iterator to its end before it sends a byte.
    body = _in_threads(pieces) if isinstance(request, ASGIRequest) else pieces
    answer = StreamingHttpResponse(body)
    set_headers(answer, found)
    if found.range and found.range[1] < found.size:
        offset, length = found.range
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{found.size}"
        answer["Content-Length"] = str(length)
    return answer


def set_headers(answer: HttpResponseBase, found: Object) -> None:
    for name, stored in HTTP_FIELDS.items():
        if stored in found.http:
            answer[name] = found.http[stored]
    answer["Content-Type"] = found.content_type
    answer["Content-Length"] = str(found.size)
    answer["ETag"] = f'"{found.etag}"'
    answer["Last-Modified"] = http_date(found.uploaded_at.timestamp())
    answer["Accept-Ranges"] = "bytes"


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece
    finally:
        await asyncio.to_thread(_close, pieces)


def _close(pieces: Iterator[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close:
        close()
