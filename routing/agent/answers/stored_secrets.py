"""Current values of secrets of secrets stores, for the versions that are bound to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from routing.agent.base.unix_http_server import Request, Response
from routing.agent.state.state import Process
from routing.agent.users.peers import Peer
from routing.compile.workerd.binding_types.stored_secrets import BINDING_HEADER, TYPE
from routing.snapshot import Secret, Snapshot, VersionSpec

Values = Mapping[str, Secret | None]


class StoredSecrets:
    """Answers `GET` of `binding_types.stored_secrets.PATH`. A version that is in no snapshot,
    such as a preview, has the values that it was started with."""

    def __init__(
        self,
        processes: Callable[[], Mapping[str, Process]],
        is_version_peer: Callable[[str, Peer | None], bool],
    ) -> None:
        self._processes, self._is_version_peer = processes, is_version_peer
        self._values: dict[str, Values] = {}

    def update_snapshots(self, applied: Snapshot, desired: Snapshot) -> None:
        """The newest value counts, also before the change of routes that came with it."""
        self._values = {
            version.id: values
            for snapshot in (applied, desired)
            for worker in snapshot.workers
            for version in worker.versions
            if (values := _values_of(version))
        }

    def answer(self, request: Request) -> Response:
        """404 if the secret was deleted, 403 for another process than the version's own."""
        version_id = _header(request, b"x-edge-version")
        if not self._is_version_peer(version_id, request.peer):
            return Response(403)
        value = self.of_version(version_id).get(_header(request, BINDING_HEADER.encode()))
        return Response(404) if value is None else Response(200, body=value.reveal().encode())

    def of_version(self, version_id: str) -> Values:
        """Values by the name of the binding."""
        if version_id in self._values:
            return self._values[version_id]
        process = self._processes().get(version_id)
        return _values_of(process.version) if process else {}


def _values_of(version: VersionSpec) -> dict[str, Secret | None]:
    return {b.name: b.secret for b in version.bindings if b.type == TYPE}


def _header(request: Request, name: bytes) -> str:
    return b"".join(request.lines(name)[:1]).decode("latin-1")
