"""Objects of R2 buckets, in the state process, by the protocol of the Workers' own binding.

A request's parameters are JSON, in the header `cf-r2-request` or before the body; so are an
object's metadata before its content. Contents are streamed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from dashboard.storage import messages
from dashboard.storage.client import StateRefused, state_client

if TYPE_CHECKING:
    import httpx

KIND = "r2"
MOST_LISTED = 1000
MOST_WITH_METADATA = 100
"""Objects of one list with their metadata."""
PIECE = 256 * 1024
NO_SUCH_KEY = 10007
HTTP_FIELDS: Mapping[str, str] = {
    "content-type": "contentType",
    "content-language": "contentLanguage",
    "content-disposition": "contentDisposition",
    "content-encoding": "contentEncoding",
    "cache-control": "cacheControl",
}
"""HTTP headers that are stored with an object, and their names in its metadata."""

_METADATA_SIZE = "cf-r2-metadata-size"


class ObjectNotFound(KeyError):
    """The bucket has no such object."""


class R2Refused(StateRefused):
    """R2's own refusal; `code` is Cloudflare's."""

    def __init__(self, status: int, message: str, code: int) -> None:
        super().__init__(status, message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Object:
    """`http` are headers by the names of `HTTP_FIELDS`' values."""

    key: str
    size: int
    etag: str
    version: str
    uploaded_at: datetime
    http: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    range: tuple[int, int] | None = None
    """Offset and length of the returned part."""

    @property
    def content_type(self) -> str:
        return self.http.get("contentType", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """`prefixes` stand for all keys that begin with them. `cursor` is "" on the last page."""

    objects: tuple[Object, ...]
    prefixes: tuple[str, ...]
    cursor: str


def list_objects(
    bucket: str,
    *,
    prefix: str = "",
    delimiter: str = "",
    cursor: str = "",
    limit: int = MOST_LISTED,
    with_metadata: bool = False,
) -> ObjectPage:
    """By key. Raises `StateUnavailable` or `StateRefused`, as all below."""
    asked: dict[str, Any] = {"method": "list", "prefix": prefix, "limit": limit}
    asked |= {"delimiter": delimiter} if delimiter else {}
    asked |= {"cursor": cursor} if cursor else {}
    asked |= {"include": [0, 1]} if with_metadata else {}
    with _read(bucket, asked) as (metadata, _):
        return ObjectPage(
            tuple(map(_object, metadata["objects"])),
            tuple(metadata.get("delimitedPrefixes", ())),
            metadata.get("cursor") or "",
        )


def head(bucket: str, key: str) -> Object:
    """Raises `ObjectNotFound`."""
    with _read(bucket, {"method": "head", "object": key}) as (metadata, _):
        return _object(metadata)


def open_object(bucket: str, key: str, range_header: str = "") -> tuple[Object, Iterator[bytes]]:
    """The object, and its content in pieces, which must be read to their end or closed. Raises
    `ObjectNotFound`."""
    asked = {"method": "get", "object": key}
    asked |= {"rangeHeader": range_header} if range_header else {}
    opened = _read(bucket, asked)
    metadata, content = opened.__enter__()

    def pieces() -> Iterator[bytes]:
        try:
            yield from content
        finally:
            opened.__exit__(None, None, None)

    return _object(metadata), pieces()


def put(
    bucket: str,
    key: str,
    content: Iterable[bytes],
    size: int,
    *,
    http: Mapping[str, str] | None = None,
    custom: Mapping[str, str] | None = None,
) -> Object:
    """Stores an object of `size` bytes."""
    asked = {
        "method": "put",
        "object": key,
        "httpFields": dict(http or {}),
        "customFields": [{"k": name, "v": value} for name, value in (custom or {}).items()],
    }
    return _object(_write(bucket, asked, content, size))


def delete(bucket: str, keys: Sequence[str]) -> None:
    """Also without error for keys that do not exist."""
    _write(bucket, {"method": "delete", "objects": list(keys)})


def is_empty(bucket: str) -> bool:
    return not list_objects(bucket, limit=1).objects


@contextmanager
def _read(bucket: str, asked: Mapping[str, Any]) -> Iterator[tuple[Any, Iterator[bytes]]]:
    """The metadata of the answer, and the rest of its body."""
    headers = {"cf-r2-request": json.dumps({"version": 1, **asked})}
    with state_client().open(KIND, bucket, "GET", "/", headers=headers) as answer:
        _check(answer, str(asked.get("object", "")))
        pieces = answer.iter_raw(PIECE)
        start = _first(pieces, int(answer.headers[_METADATA_SIZE]))
        size = int(answer.headers[_METADATA_SIZE])
        yield json.loads(start[:size]), chain((start[size:],) if start[size:] else (), pieces)


def _first(pieces: Iterator[bytes], size: int) -> bytes:
    """At least `size` bytes."""
    start = b""
    while len(start) < size:
        start += next(pieces)
    return start


def _write(
    bucket: str, asked: Mapping[str, Any], content: Iterable[bytes] = (), size: int = 0
) -> Any:
    """The answer's JSON; None without one."""
    metadata = json.dumps({"version": 1, **asked}).encode()
    headers = {_METADATA_SIZE: str(len(metadata)), "content-length": str(len(metadata) + size)}
    body = chain([metadata], content)
    answer = state_client().request(KIND, bucket, "PUT", "/", headers=headers, content=body)
    _check(answer, str(asked.get("object", "")))
    return answer.json() if answer.content else None


def _check(answer: httpx.Response, key: str) -> None:
    if answer.status_code < 400:
        return
    error = json.loads(answer.headers.get("cf-r2-error", "{}"))
    code = error.get("v4code", 0)
    if code == NO_SUCH_KEY:
        raise ObjectNotFound(key)
    raise R2Refused(answer.status_code, error.get("message", messages.FAILED), code)


_CHECKSUMS = {"0": "md5", "1": "sha1", "2": "sha256", "3": "sha384", "4": "sha512"}


def _object(found: Mapping[str, Any]) -> Object:
    part = found.get("range") or {}
    return Object(
        key=found["name"],
        size=found["size"],
        etag=found["etag"],
        version=found["version"],
        uploaded_at=datetime.fromtimestamp(found["uploaded"] / 1000, UTC),
        http=found.get("httpFields") or {},
        custom={pair["k"]: pair["v"] for pair in found.get("customFields") or ()},
        checksums={
            _CHECKSUMS[number]: value
            for number, value in (found.get("checksums") or {}).items()
            if value
        },
        range=(part["offset"], part["length"]) if part else None,
    )
