"""An object as an HTTP response, streamed."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date

from dashboard.storage.r2.objects import HTTP_FIELDS, Object
from dashboard.storage.streaming import streamed


def download(request: HttpRequest, found: Object, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """200, or 206 if `found` was opened with a range."""
    answer = streamed(request, pieces)
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
