"""Keys and values of KV namespaces, in the state process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dashboard.storage import messages
from dashboard.storage.client import StateRefused, state_client

if TYPE_CHECKING:
    import httpx

KIND = "kv"
LONGEST_KEY = 512
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Key:
    """`expiration` are Unix seconds."""

    name: str
    expiration: int | None = None
    metadata: Any = None


@dataclass(frozen=True, slots=True)
class KeyPage:
    """`cursor` is "" on the last page."""

    keys: tuple[Key, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Value:
    content: bytes
    metadata: Any = None


class KeyNotFound(KeyError):
    """The namespace has no such key, or it has expired."""


def list_keys(namespace: str, *, prefix: str = "", limit: int = 1000, cursor: str = "") -> KeyPage:
    """In order of UTF-8 bytes. Raises `StateUnavailable` or `StateRefused`, as all below."""
    params = {"prefix": prefix, "key_count_limit": str(limit), "cursor": cursor}
    answer = _request(namespace, "GET", "/", params=params).json()
    keys = tuple(
        Key(key["name"], key.get("expiration"), _metadata(key.get("metadata")))
        for key in answer["keys"]
    )
    return KeyPage(keys, answer.get("cursor", ""))


def get(namespace: str, key: str) -> Value:
    """Raises `KeyNotFound`."""
    answer = state_client().request(KIND, namespace, "GET", _path(key), params=_ENCODED)
    if answer.status_code == 404:
        raise KeyNotFound(key)
    _check(answer)
    return Value(answer.content, _metadata(answer.headers.get("cf-kv-metadata")))


def find_key(namespace: str, key: str) -> Key:
    """The key without its value. Raises `KeyNotFound`."""
    for found in list_keys(namespace, prefix=key, limit=1).keys:
        if found.name == key:
            return found
    raise KeyNotFound(key)


def put(
    namespace: str,
    key: str,
    value: bytes,
    *,
    metadata: Any = None,
    expiration: int | None = None,
    ttl: int | None = None,
) -> None:
    params = dict(_ENCODED)
    if ttl is not None:
        params["expiration_ttl"] = str(ttl)
    elif expiration is not None:
        params["expiration"] = str(expiration)
    headers = {}
    if metadata is not None:
        headers["CF-KV-Metadata"] = json.dumps(metadata)
    _request(namespace, "PUT", _path(key), params=params, headers=headers, content=value)


def delete(namespace: str, key: str) -> None:
    """Also without error if there is no such key."""
    _request(namespace, "DELETE", _path(key), params=_ENCODED)


def get_many(namespace: str, keys: Sequence[str], *, as_json: bool, with_metadata: bool) -> Any:
    """Values by key, None for missing ones."""
    body = {"keys": keys, "type": "json" if as_json else "text", "withMetadata": with_metadata}
    return _request(namespace, "POST", "/bulk/get", json=body).json()


def put_many(namespace: str, pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stores pairs as the API takes them; those that failed (`key`, `status`, `message`)."""
    return _failed(namespace, "/bulk/put", pairs)


def delete_many(namespace: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Those that failed."""
    return _failed(namespace, "/bulk/delete", keys)


_ENCODED = {"urlencoded": "true"}


def _failed(namespace: str, path: str, items: Sequence[Any]) -> list[dict[str, Any]]:
    failed: list[dict[str, Any]] = _request(namespace, "POST", path, json=items).json()["failed"]
    return failed


def _request(namespace: str, method: str, path: str, **options: Any) -> httpx.Response:
    answer = state_client().request(KIND, namespace, method, path, **options)
    _check(answer)
    return answer


def _check(answer: httpx.Response) -> None:
    if answer.status_code < 400:
        return
    message = answer.reason_phrase
    if answer.status_code >= 500:
        is_full = "full" in message.lower()
        raise StateRefused(
            507 if is_full else 500, messages.DISK_FULL if is_full else messages.FAILED
        )
    raise StateRefused(answer.status_code, message)


def _path(key: str) -> str:
    """Raises `StateRefused` for a key that no binding would take."""
    size = len(key.encode())
    if size > LONGEST_KEY:
        raise StateRefused(414, messages.key_too_long(size, LONGEST_KEY))
    if key in ("", ".", ".."):
        raise StateRefused(400, messages.KEY_INVALID)
    return "/" + quote(key, safe="")


def _metadata(text: str | None) -> Any:
    """Workers store any JSON; text that is none stays text."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
