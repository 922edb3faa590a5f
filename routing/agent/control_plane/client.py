"""Client for the control plane's requests."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable, Collection
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import msgspec

from routing import sealing
from routing.agent.base.log_position import Position
from routing.agent.base.transport import error_body
from routing.agent.control_plane.content import ContentMissing
from routing.agent.control_plane.edge_record import ReportAnswer
from routing.agent.identity.identity import Identity
from routing.event_delivery import EventDelivery
from routing.relayed_request import RelayedRequest
from routing.snapshot import Preview, Snapshot, SnapshotInvalid
from routing.version import USER_AGENT

#: Idle time-out of a connection; shorter than that of the control plane's server.
IDLE_SECONDS = 30
_GZIP_ABOVE = 1024
_DEAD_SECONDS = 15.0
_CONTENT_SECONDS = 60.0
_REMOVAL_SECONDS = 5.0
"""How long the control plane has to go on saying that this edge was removed."""
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


_UNZIPPED = ("reports", "assets")


class OtherPositions(Exception):
    """The control plane has counted this edge's logs up to other `places`, by listener."""

    def __init__(self, places: dict[str, Position]) -> None:
        super().__init__("the logs were counted up to other places")
        self.places = places


class _Refusal(msgspec.Struct):
    places: dict[str, Position]


class _Beat(msgspec.Struct):
    """`watch`: Workers that someone is viewing. `relay`: requests to send to this edge's proof
    listener; `cancel`: ids of those that are no longer needed. `events`: to deliver to versions of
    this edge."""

    revision: int
    watch: list[str] = []
    relay: list[RelayedRequest] = []
    cancel: list[str] = []
    events: list[EventDelivery] = []
    is_draining: bool = False


class _Renewal(msgspec.Struct):
    sealed_token: str


class ControlPlane:
    """Sends the edge's token and public key; use as an async context manager."""

    def __init__(self, url: str, identity: Identity) -> None:
        self._url, self._identity = url + "/edge/v1/", identity
        self._removed_at: float | None = None
        #: Called with the Workers that someone is viewing, at every heartbeat.
        self.watching: Callable[[frozenset[str]], None] = lambda _: None
        #: Called with requests to relay, and the ids of those that were cancelled.
        self.relaying: Callable[[list[RelayedRequest], list[str]], None] = lambda *_: None
        #: Called with cron and queue events.
        self.delivering: Callable[[list[EventDelivery]], None] = lambda _: None
        #: Called with whether the edge should drain, at every heartbeat.
        self.draining: Callable[[bool], None] = lambda _: None
        #: Called once the control plane has said twice that this edge was removed.
        self.removed: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": USER_AGENT},
            timeout=aiohttp.ClientTimeout(total=20, sock_connect=5),
            connector=aiohttp.TCPConnector(
                limit=16, keepalive_timeout=IDLE_SECONDS, ssl=self._identity.transport.context
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    def read_snapshot(self, raw: bytes) -> Snapshot:
        """Opens what is sealed to this edge's key. Raises `SnapshotInvalid`."""
        return sealing.open_snapshot(raw, self._identity.key)

    async def snapshot(self, since: int) -> bytes | None:
        """The snapshot, or the change since `revision`; None if there is none."""
        status, body = await self._ask("GET", f"snapshot?since={since}")
        return None if status == 204 else body

    async def module(self, sha256: str) -> bytes:
        """Raises `ContentMissing`."""
        return await self._content("module", sha256)

    async def asset(self, sha256: str) -> bytes:
        """A file, or a manifest, of static assets. Raises `ContentMissing`."""
        return await self._content("asset", sha256)

    async def assets(self, sha256s: Collection[str]) -> dict[str, bytes]:
        """Files of static assets, perhaps not all; none from a control plane of an earlier release.
        Raises `ContentMissing`."""
        timeout = aiohttp.ClientTimeout(total=_CONTENT_SECONDS, sock_connect=5)
        asked = msgspec.json.encode({"sha256": list(sha256s)})
        try:
            _, body = await self._ask("POST", "assets", asked, timeout=timeout)
            return msgspec.msgpack.decode(body, type=dict[str, bytes])
        except NotFound:
            return {}
        except (ControlPlaneUnavailable, ValueError) as error:
            raise ContentMissing(f"static assets cannot be fetched: {error}") from error

    async def preview(self, label: str) -> Preview:
        """The version whose own address begins with `label`. Raises `NotFound`."""
        _, body = await self._ask("GET", f"previews/{quote(label, safe='')}")
        try:
            return sealing.open_preview(body, self._identity.key)
        except SnapshotInvalid as error:
            raise ControlPlaneUnavailable(
                f"it told of a version that cannot be read: {error}"
            ) from error

    async def report(self, report: dict[str, Any]) -> ReportAnswer | None:
        """None from a control plane of an earlier release."""
        _, body = await self._ask("POST", "reports", msgspec.json.encode(report))
        try:
            return msgspec.json.decode(body, type=ReportAnswer) if body else None
        except ValueError as error:
            raise ControlPlaneUnavailable(f"its answer cannot be read: {error}") from error

    async def renew_token(self) -> str:
        """A new token, sealed to this edge's key."""
        _, body = await self._ask("POST", "token", b"{}")
        try:
            return msgspec.json.decode(body, type=_Renewal).sealed_token
        except ValueError as error:
            raise ControlPlaneUnavailable(f"its answer cannot be read: {error}") from error

    async def invocations(self, batch: bytes) -> None:
        """Ships a batch of rows and counts. Raises `OtherPositions` if it is not the next one."""
        await self._ask("POST", "invocations", batch)

    async def details(self, batch: bytes) -> None:
        """Ships a batch of log entries."""
        await self._ask("POST", "details", batch)

    async def relay_answer(self, request_id: str, answer: bytes) -> None:
        """Posts the answer to a relayed request. Raises `NotFound` if it comes too late."""
        await self._ask("POST", f"relayed/{quote(request_id, safe='')}", answer)

    async def event_answer(self, event_id: str, answer: bytes) -> None:
        """Posts what became of an event. Raises `NotFound` if it comes too late."""
        await self._ask("POST", f"events/{quote(event_id, safe='')}", answer)

    async def revisions(self) -> AsyncIterator[int]:
        """The newest revision at every change, and as a heartbeat. Raises
        `ControlPlaneUnavailable`."""
        try:
            async with self._session.ws_connect(
                self._url + "live",
                headers=self._identity.headers(),
                timeout=aiohttp.ClientWSTimeout(ws_receive=_DEAD_SECONDS, ws_close=1.0),
                max_msg_size=_LARGEST_MESSAGE,
            ) as live:
                async for message in live:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        beat = msgspec.json.decode(message.data, type=_Beat)
                        self.watching(frozenset(beat.watch))
                        self.relaying(beat.relay, beat.cancel)
                        self.delivering(beat.events)
                        self.draining(beat.is_draining)
                        yield beat.revision
                raise ControlPlaneUnavailable(f"it closed the connection ({live.close_code})")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ControlPlaneUnavailable(_words(error)) from error

    async def _content(self, kind: str, sha256: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=_CONTENT_SECONDS, sock_connect=5)
        try:
            return (await self._ask("GET", f"{kind}s/{sha256}", timeout=timeout))[1]
        except ControlPlaneUnavailable as error:
            raise ContentMissing(f"{kind} {sha256} cannot be fetched: {error}") from error

    def _note_removal(self) -> None:
        """One answer may be a mistake, of a proxy or a database that is being restored."""
        now = time.monotonic()
        if self._removed_at is None:
            self._removed_at = now
        elif now - self._removed_at > _REMOVAL_SECONDS:
            self.removed()

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, **options: Any
    ) -> tuple[int, bytes]:
        headers = self._identity.headers()
        if body is not None:
            headers["Content-Type"] = "application/json"
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
        if response.status == 410 and error_body(content).code == "edge_removed":
            self._note_removal()
        self._removed_at = self._removed_at if response.status == 410 else None
        if response.status == 409:
            raise _other_places(content)
        if response.status == 404:
            raise NotFound(error_body(content).error)
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
    message = error_body(body).error
    if status in (401, 403) and not message:
        return f"it does not accept this edge's token ({status})"
    return f"it answered {status}" + (f": {message}" if message else "")
