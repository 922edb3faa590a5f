"""What every Envoy should have, and what each has; sends the difference.

Envoy answers each response: it runs the resources, or it rejects them and says why. After a
rejection it gets the resources from before.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.agent.base.errors import EnvoyUnavailable
from routing.agent.discovery.messages import (
    Request,
    Resource,
    parse_request,
    parse_version,
    response,
)
from routing.compile import names
from routing.compile.envoy.protobuf import CLUSTER, SCOPE

log = logging.getLogger("edge")

CONFIRM_SECONDS = 30.0
KINDS = (CLUSTER, SCOPE)
_NAMES = {CLUSTER: "clusters", SCOPE: "routes"}

Resources = Mapping[str, Resource]
"""By name."""


class Rejected(Exception):
    """Envoy rejected clusters or routes; those from before are in place. The message has its
    reason."""


@dataclass(frozen=True, slots=True)
class _Response:
    """Sent, and not answered yet. The result is the reason of a rejection; "" for none."""

    kind: str
    changed: Mapping[str, str]
    removed: tuple[str, ...]
    answer: asyncio.Future[str]


class EnvoyStream:
    """The stream of one Envoy process. `digests` are of the resources that it has, by kind and
    name; a kind is missing until Envoy asks for it."""

    def __init__(self, pid: int | None, send: Callable[[bytes], None], owner: Discovery) -> None:
        self.pid, self._send, self._owner = pid, send, owner
        self.digests: dict[str, dict[str, str]] = {}
        #: The newest revision of what Envoy has.
        self.revision = 0
        self._unanswered: dict[str, _Response] = {}
        self._nonces = itertools.count(1)

    def received(self, message: bytes) -> None:
        """A request of Envoy. Raises `MessageInvalid`."""
        request = parse_request(message)
        if request.nonce:
            self._answered(request)
        elif request.kind in KINDS and request.kind not in self.digests:
            versions = {name: parse_version(v) for name, v in request.versions.items()}
            self.digests[request.kind] = {name: digest for name, (_, digest) in versions.items()}
            self.revision = max(self.revision, *(r for r, _ in versions.values()), 0)
            self._owner.subscribed(self, request.kind)

    def closed(self) -> None:
        for sent in self._unanswered.values():
            if not sent.answer.done():
                sent.answer.set_exception(EnvoyUnavailable("Envoy closed its discovery stream"))
                sent.answer.exception()  # perhaps nothing waits for it
        self._unanswered.clear()
        self._owner.closed(self)

    def difference(
        self, kind: str, resources: Resources
    ) -> tuple[dict[str, Resource], tuple[str, ...]]:
        """What to send so that this Envoy has `resources`: changed ones, and names to remove."""
        has = self.digests.get(kind, {})
        changed = {
            name: resource
            for name, resource in resources.items()
            if has.get(name) != resource.digest
        }
        return changed, tuple(name for name in has if name not in resources)

    def send(
        self, kind: str, changed: Resources, removed: tuple[str, ...], revision: int
    ) -> asyncio.Future[str]:
        nonce = f"{next(self._nonces)}"
        digests = {name: resource.digest for name, resource in changed.items()}
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._unanswered[nonce] = _Response(kind, digests, removed, answer)
        self.revision = max(self.revision, revision)
        self._send(response(kind, nonce, revision, changed, removed))
        return answer

    def _answered(self, request: Request) -> None:
        sent = self._unanswered.pop(request.nonce, None)
        if sent is None:
            return
        has = self.digests.setdefault(sent.kind, {})
        for name, digest in sent.changed.items():
            # Of a response that it rejects Envoy may have taken a part.
            has[name] = "" if request.rejected else digest
        for name in sent.removed:
            has.pop(name, None)
        if not sent.answer.done():
            sent.answer.set_result((request.error or "no reason given") if request.rejected else "")
        self._owner.answered()


class Discovery:
    """Serves nothing before `put` or `replace`: an adopted Envoy may be ahead of this agent."""

    def __init__(self) -> None:
        self._resources: dict[str, Resources] = {kind: {} for kind in KINDS}
        self._serving: set[str] = set()
        self._revision = 0
        self._streams: list[EnvoyStream] = []
        self._pid: int | None = None
        self._news = asyncio.Event()

    def connect(self, pid: int | None, send: Callable[[bytes], None]) -> EnvoyStream:
        stream = EnvoyStream(pid, send, self)
        self._streams.append(stream)
        return stream

    def follow(self, pid: int) -> None:
        """This Envoy's answers count from now on; others get what it gets."""
        self._pid = pid

    def put(self, kind: str, resources: Resources, revision: int) -> None:
        """For an Envoy that starts; not confirmed."""
        self._set(kind, resources, revision)
        for stream in self._streams:
            self._bring(stream, kind)

    async def replace(self, kind: str, resources: Resources, revision: int) -> None:
        """Returns once Envoy runs these resources; at once if it already does.

        Raises `Rejected` or `EnvoyUnavailable`; then Envoy keeps, or gets again, those from before.
        """
        stream = self._current()
        if stream is None or kind not in stream.digests:
            raise EnvoyUnavailable("Envoy is not connected to this agent")
        before, was_serving = self._resources[kind], kind in self._serving
        self._set(kind, resources, revision)
        for other in self._streams:
            if other is not stream:
                self._bring(other, kind)
        changed, removed = stream.difference(kind, resources)
        if not changed and not removed:
            return
        try:
            answer = stream.send(kind, changed, removed, revision)
            async with asyncio.timeout(CONFIRM_SECONDS):
                reason = await answer
        except TimeoutError:
            raise EnvoyUnavailable(
                f"Envoy has not taken its {_NAMES[kind]} after {CONFIRM_SECONDS:.0f} s"
            ) from None
        if reason:
            if was_serving:
                self.put(kind, before, self._revision)
            raise Rejected(f"Envoy rejected {_NAMES[kind]}: {reason}")

    def running(self) -> bool:
        """Does the current Envoy run all resources?"""
        stream = self._current()
        return stream is not None and all(
            kind in stream.digests and not any(stream.difference(kind, self._resources[kind]))
            for kind in KINDS
        )

    def is_connected(self) -> bool:
        """Has the current Envoy told what it has?"""
        stream = self._current()
        return stream is not None and all(kind in stream.digests for kind in KINDS)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns once `condition` is true, which is evaluated after each message of Envoy."""
        while not condition():
            await self._news.wait()

    @property
    def revision(self) -> int:
        """The newest revision of what the current Envoy has; 0 if unknown."""
        stream = self._current()
        return stream.revision if stream is not None else 0

    def versions(self) -> set[str]:
        """Ids of the versions that the current Envoy reaches."""
        stream = self._current()
        clusters = stream.digests.get(CLUSTER, {}) if stream is not None else {}
        return {names.parse_cluster(name)[0] for name in clusters}

    def subscribed(self, stream: EnvoyStream, kind: str) -> None:
        if kind in self._serving:
            self._bring(stream, kind, even_if_empty=True)
        self.answered()

    def closed(self, stream: EnvoyStream) -> None:
        self._streams.remove(stream)
        self.answered()

    def answered(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _set(self, kind: str, resources: Resources, revision: int) -> None:
        self._resources[kind], self._revision = resources, revision
        self._serving.add(kind)

    def _bring(self, stream: EnvoyStream, kind: str, *, even_if_empty: bool = False) -> None:
        """Sends what this Envoy lacks, if it has asked for this kind. A new Envoy waits for its
        first response, even if there is nothing in it."""
        if kind not in stream.digests:
            return
        changed, removed = stream.difference(kind, self._resources[kind])
        new = even_if_empty and not stream.digests[kind]
        if changed or removed or new:
            stream.send(kind, changed, removed, self._revision)

    def _current(self) -> EnvoyStream | None:
        """The newest stream of the current Envoy. Some systems do not say whose a stream is."""
        mine = [stream for stream in self._streams if stream.pid in (self._pid, None)]
        return mine[-1] if mine else None
