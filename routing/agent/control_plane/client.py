"""Client for the control plane's nine requests."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import msgspec

from routing.agent.base.log_position import Position
from routing.agent.control_plane.module_cache import ModuleMissing
from routing.relayed_request import RelayedRequest
from routing.snapshot import Preview, Secret, SnapshotInvalid, preview_from_json
from routing.version import USER_AGENT

#: Idle time-out of a connection; shorter than that of the control plane's server.
IDLE_SECONDS = 30
_GZIP_ABOVE = 1024
_DEAD_SECONDS = 15.0
_MODULE_SECONDS = 60.0
_LARGEST_MESSAGE = 4 << 20
"""Bytes of a message on the socket: a relayed request with its body."""


class ControlPlaneUnavailable(Exception):
    """No answer, or an unexpected one. `refused`: retrying the same request is pointless."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class NotFound(ControlPlaneUnavailable):
    """The control plane answered 404 with `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(f"it answered 404: {message}")
        self.message = message


_UNZIPPED = ("reports",)


class OtherPositions(Exception):
    """The control plane has counted this edge's logs up to other `places`, by listener."""

    def __init__(self, places: dict[str, Position]) -> None:
        super().__init__("the logs were counted up to other places")
        self.places = places


class _Refusal(msgspec.Struct):
    places: dict[str, Position]


class _Beat(msgspec.Struct):
    """`watch`: Workers that someone is viewing. `relay`: requests to send to this edge's proof
    listener; `cancel`: ids of those that are no longer needed."""

    revision: int
    watch: list[str] = []
    relay: list[RelayedRequest] = []
    cancel: list[str] = []


class ControlPlane:
    """Sends the edge's token; use as an async context manager."""

    def __init__(self, url: str, token: Secret) -> None:
        self._url, self._token = url + "/edge/v1/", token
        #: Called with the Workers that someone is viewing, at every heartbeat.
        self.watching: Callable[[frozenset[str]], None] = lambda _: None
        #: Called with requests to relay, and the ids of those that were cancelled.
        self.relaying: Callable[[list[RelayedRequest], list[str]], None] = lambda *_: None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={
                "Authorization": f"Bearer {self._token.reveal()}",
                "User-Agent": USER_AGENT,
            },
            timeout=aiohttp.ClientTimeout(total=20, sock_connect=5),
            connector=aiohttp.TCPConnector(limit=16, keepalive_timeout=IDLE_SECONDS),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def snapshot(self, since: int) -> bytes | None:
        """The snapshot, or the change since `revision`; None if there is none."""
        status, body = await self._ask("GET", f"snapshot?since={since}")
        return None if status == 204 else body

    async def module(self, sha256: str) -> bytes:
        """Raises `ModuleMissing`."""
        timeout = aiohttp.ClientTimeout(total=_MODULE_SECONDS, sock_connect=5)
        try:
            return (await self._ask("GET", f"modules/{sha256}", timeout=timeout))[1]
        except ControlPlaneUnavailable as error:
            raise ModuleMissing(f"module {sha256} cannot be fetched: {error}") from error

    async def asset(self, sha256: str) -> bytes:
        """A file, or a manifest, of static assets. Raises `ModuleMissing`."""
        timeout = aiohttp.ClientTimeout(total=_MODULE_SECONDS, sock_connect=5)
        try:
            return (await self._ask("GET", f"assets/{sha256}", timeout=timeout))[1]
        except ControlPlaneUnavailable as error:
            raise ModuleMissing(f"asset {sha256} cannot be fetched: {error}") from error

    async def preview(self, label: str) -> Preview:
        """The version whose own address begins with `label`. Raises `NotFound`."""
        _, body = await self._ask("GET", f"previews/{quote(label, safe='')}")
        try:
            return preview_from_json(body)
        except SnapshotInvalid as error:
            raise ControlPlaneUnavailable(
                f"it told of a version that cannot be read: {error}"
            ) from error

    async def report(self, report: dict[str, Any]) -> None:
        await self._ask("POST", "reports", msgspec.json.encode(report))

    async def invocations(self, batch: bytes) -> None:
        """Ships a batch of rows and counts. Raises `OtherPositions` if it is not the next one."""
        await self._ask("POST", "invocations", batch)

    async def details(self, batch: bytes) -> None:
        """Ships a batch of log entries."""
        await self._ask("POST", "details", batch)

    async def relay_answer(self, request_id: str, answer: bytes) -> None:
        """Posts the answer to a relayed request. Raises `NotFound` if it comes too late."""
        await self._ask("POST", f"relayed/{quote(request_id, safe='')}", answer)

    async def revisions(self) -> AsyncIterator[int]:
        """The newest revision at every change, and as a heartbeat. Raises
        `ControlPlaneUnavailable`."""
        try:
            async with self._session.ws_connect(
                self._url + "live",
                timeout=aiohttp.ClientWSTimeout(ws_receive=_DEAD_SECONDS, ws_close=1.0),
                max_msg_size=_LARGEST_MESSAGE,
            ) as live:
                async for message in live:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        beat = msgspec.json.decode(message.data, type=_Beat)
                        self.watching(frozenset(beat.watch))
                        self.relaying(beat.relay, beat.cancel)
                        yield beat.revision
                raise ControlPlaneUnavailable(f"it closed the connection ({live.close_code})")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ControlPlaneUnavailable(_words(error)) from error

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, **options: Any
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if body is not None and len(body) > _GZIP_ABOVE and path not in _UNZIPPED:
            # In a thread, since zlib releases the GIL: 3 MB take 20 ms.
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers["Content-Encoding"] = "gzip"
        try:
            async with self._session.request(
                method, self._url + path, data=body, headers=headers, **options
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ControlPlaneUnavailable(_words(error)) from error
        if response.status == 409:
            raise _other_places(content)
        if response.status == 404:
            raise NotFound(_message_of(content))
        if response.status not in (200, 204):
            raise ControlPlaneUnavailable(
                _refusal(response.status, content), refused=response.status == 400
            )
        return response.status, content


def _other_places(content: bytes) -> Exception:
    try:
        return OtherPositions(msgspec.json.decode(content, type=_Refusal).places)
    except ValueError:
        return ControlPlaneUnavailable(_refusal(409, content))


def _words(error: Exception) -> str:
    if isinstance(error, aiohttp.WSServerHandshakeError) and error.status in (401, 403):
        return _refusal(error.status, b"")
    return str(error) or type(error).__name__


def _refusal(status: int, body: bytes) -> str:
    if status in (401, 403):
        return f"it does not update_snapshots this edge's token ({status})"
    message = _message_of(body)
    return f"it answered {status}" + (f": {message}" if message else "")


def _message_of(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["error"])[:500]
    except (ValueError, KeyError, TypeError):
        return ""
