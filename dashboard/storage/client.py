"""Requests to the state process, at SLUICE_STATE_URL."""

from __future__ import annotations

import atexit
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings

from routing.state_access import ADMIN, ERROR_HEADER, HEADER, header_value

if TYPE_CHECKING:
    import httpx

UNIX = "unix:"
_BASE = "http://state"
_CONNECT_SECONDS = 5.0
_SECONDS = 60.0
_creating = Lock()


class StateUnavailable(Exception):
    """The state process does not answer."""


class StateRefused(Exception):
    """The state process refused: `status` is its HTTP status, the message its reason."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class StateClient:
    """Safe to share between threads."""

    def __init__(self, url: str, key: bytes, ca_file: str = "") -> None:
        import httpx  # 60 ms, and most processes need none

        is_unix = url.startswith(UNIX)
        transport = httpx.HTTPTransport(uds=url.removeprefix(UNIX)) if is_unix else None
        self._key = key
        self._socket = Path(url.removeprefix(UNIX)) if is_unix else None
        self._http = httpx.Client(
            base_url=_BASE if is_unix else url,
            transport=transport,
            verify=ssl.create_default_context(cafile=ca_file or None),
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,
        )

    def request(
        self, kind: str, namespace: str, method: str, path: str, **options: Any
    ) -> httpx.Response:
        """The answer, read to its end, whatever its status. `options` are those of httpx. Raises
        `StateUnavailable`, and `StateRefused` if the front refused."""
        import httpx

        self._check_socket()
        headers = {**options.pop("headers", {}), HEADER: header_value(self._key, kind, namespace)}
        try:
            answer = self._http.request(method, path, headers=headers, **options)
        except httpx.TransportError as error:
            raise StateUnavailable(str(error)) from error
        if ERROR_HEADER in answer.headers:
            raise StateRefused(answer.status_code, answer.reason_phrase)
        return answer

    def stream(
        self, kind: str, namespace: str, method: str, path: str, **options: Any
    ) -> Iterator[bytes]:
        """As `request`, in parts, while it arrives. Raises `StateRefused` for other refusals, too,
        when the first part is read."""
        with self.open(kind, namespace, method, path, **options) as answer:
            if answer.status_code >= 400:
                answer.read()
                raise StateRefused(answer.status_code, answer.text or answer.reason_phrase)
            yield from answer.iter_bytes()

    @contextmanager
    def open(
        self, kind: str, namespace: str, method: str, path: str, **options: Any
    ) -> Iterator[httpx.Response]:
        """As `request`, with an answer whose body is not read yet."""
        import httpx

        self._check_socket()
        headers = {**options.pop("headers", {}), HEADER: header_value(self._key, kind, namespace)}
        try:
            with self._http.stream(method, path, headers=headers, **options) as answer:
                if ERROR_HEADER in answer.headers:
                    raise StateRefused(answer.status_code, answer.reason_phrase)
                yield answer
        except httpx.TransportError as error:
            raise StateUnavailable(str(error)) from error

    def create(self, kind: str, namespace: str) -> None:
        """Admits a name that was deleted before."""
        self._administer("PUT", kind, namespace)

    def destroy(self, kind: str, namespace: str) -> None:
        """Deletes all data of a namespace; from then on it cannot be reached."""
        self._administer("DELETE", kind, namespace)

    def close(self) -> None:
        self._http.close()

    def _check_socket(self) -> None:
        """httpcore does not close a socket that cannot connect."""
        if self._socket is not None and not self._socket.exists():
            raise StateUnavailable("its socket is missing")

    def _administer(self, method: str, kind: str, namespace: str) -> None:
        answer = self.request(ADMIN, "", method, f"/namespaces/{kind}/{quote(namespace, safe='')}")
        if answer.status_code >= 400:
            raise StateRefused(answer.status_code, answer.reason_phrase)


@cache
def _client(url: str, key: bytes, ca_file: str) -> StateClient:
    client = StateClient(url, key, ca_file)
    atexit.register(client.close)
    return client


def state_client() -> StateClient:
    """Raises `StateUnavailable` without its authority's certificate."""
    try:
        with _creating:  # of two that are made at once, one would lose its connections
            return _client(settings.STATE_URL, settings.STATE_KEYS[0], settings.STATE_CA_FILE)
    except OSError as error:
        raise StateUnavailable(f"{settings.STATE_CA_FILE}: {error.strerror}") from error
