"""An Envoy's side of the discovery stream, without Envoy."""

from __future__ import annotations

import asyncio

from routing.agent.discovery.discovery import KINDS
from routing.agent.discovery.messages import _fields
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.protobuf import prefixed


class FakeEnvoy:
    """Takes everything, unless it `rejects` (a reason) or is `silent`. `has` are the versions of
    its resources by kind, `bodies` their contents, `responses` what came."""

    def __init__(self, discovery, pid, has=None):
        self.has = {kind: dict((has or {}).get(kind, {})) for kind in KINDS}
        self.bodies = {kind: {} for kind in KINDS}
        self.responses, self.rejects, self.silent = [], "", False
        self.loop = asyncio.get_running_loop()
        self.stream = discovery.connect(pid, self._receive)

    def subscribe(self):
        for kind in KINDS:
            versions = b"".join(
                prefixed(5, prefixed(1, name.encode()) + prefixed(2, version.encode()))
                for name, version in self.has[kind].items()
            )
            self.stream.received(prefixed(2, (TYPE + kind).encode()) + versions)
        return self

    def leave(self):
        self.stream.closed()

    def sent(self, kind):
        """Names that came, and names to remove, in each response of a kind."""
        return [(set(changed), set(gone)) for k, changed, gone in self.responses if k == kind]

    def _receive(self, raw):
        kind, nonce, changed, removed = parse_response(raw)
        self.responses.append((kind, changed, removed))
        if self.silent:
            return
        error = prefixed(7, prefixed(2, self.rejects.encode())) if self.rejects else b""
        if not self.rejects:
            for name, (version, body) in changed.items():
                self.has[kind][name], self.bodies[kind][name] = version, body
            for name in removed:
                self.has[kind].pop(name, None)
                self.bodies[kind].pop(name, None)
        answer = prefixed(2, (TYPE + kind).encode()) + prefixed(6, nonce.encode()) + error
        self.loop.call_soon(self.stream.received, answer)


def parse_response(raw):
    """(kind, nonce, {name: (version, body)}, removed names)."""
    kind = nonce = ""
    changed, removed = {}, []
    for number, content in _fields(raw):
        if number == 2:
            resource = dict(_fields(content))
            body = dict(_fields(resource[2]))
            changed[resource[3].decode()] = (resource[1].decode(), body.get(2, b""))
        elif number == 4:
            kind = content.decode().removeprefix(TYPE)
        elif number == 5:
            nonce = content.decode()
        elif number == 6:
            removed.append(content.decode())
    return kind, nonce, changed, removed
