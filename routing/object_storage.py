"""Objects in the S3-compatible bucket of SLUICE_S3_URL: content too large, or needed by too many
machines, for a folder."""

from __future__ import annotations

import errno
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS, SECONDS = 3.0, 30.0
LONGEST_ERROR = 300


class StorageFailed(OSError):
    """The bucket does not answer, or refuses. The message has no secret."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.ENETUNREACH, message)


class ObjectMissing(StorageFailed):
    """There is no such object."""


def is_configured() -> bool:
    return bool(settings.S3_URL)


def put(name: str, content: bytes) -> None:
    """Replaces the object. Raises `StorageFailed`."""
    _request("PUT", name, content)


def get(name: str) -> bytes:
    """Raises `ObjectMissing` and `StorageFailed`."""
    return _request("GET", name).content


def delete(name: str) -> None:
    """Does nothing if it is missing. Raises `StorageFailed`."""
    _request("DELETE", name)


def _request(method: str, name: str, content: bytes = b"") -> httpx.Response:
    import httpx  # 60 ms, and most installations have no bucket

    client, auth = _client(settings.S3_URL, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY)
    url = f"{settings.S3_URL}/{quote(name)}"
    try:
        answer = client.request(method, url, content=content, auth=auth)
    except httpx.HTTPError as error:
        raise StorageFailed(f"The bucket does not answer: {type(error).__name__}.") from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise ObjectMissing(f"{name} is not in the bucket.")
    if not answer.is_success:
        words = " ".join(answer.text.split())[:LONGEST_ERROR]
        raise StorageFailed(f"The bucket answered {answer.status_code}: {words}")
    return answer


@cache
def _client(url: str, access_key: str, secret_key: str) -> tuple[httpx.Client, httpx.Auth]:
    """One for each process: making one reads all certificates."""
    import httpx
    from httpx_auth import AWS4Auth

    timeout = httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)
    auth: httpx.Auth = AWS4Auth(access_key, secret_key, settings.S3_REGION, "s3")
    return httpx.Client(timeout=timeout, follow_redirects=False), auth
