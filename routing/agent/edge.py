"""Puts one edge together: wiring, start order, stop order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from routing.agent.adoption.inherited import NOTHING_INHERITED, Inherited
from routing.agent.answers import control_socket, decide_server
from routing.agent.answers.control_socket import Control
from routing.agent.answers.decide_server import Decider
from routing.agent.answers.preview_names import PreviewNames
from routing.agent.answers.previews import Previews
from routing.agent.answers.stored_secrets import StoredSecrets
from routing.agent.assets.folders import AssetFolders
from routing.agent.base import child_process, messages
from routing.agent.base.addresses import url_host
from routing.agent.base.sealed_file import Seal
from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Server
from routing.agent.certificates.provider import CertificateProvider
from routing.agent.config import Config
from routing.agent.control_plane.client import ControlPlane, ControlPlaneUnavailable
from routing.agent.control_plane.edge_record import EdgeRecord
from routing.agent.control_plane.module_cache import ModuleCache
from routing.agent.control_plane.status_reporter import StatusReporter
from routing.agent.control_plane.sync import Sync
from routing.agent.discovery.grpc import GrpcServer
from routing.agent.edge_logs import EdgeLogs
from routing.agent.edge_options import make_cache, make_metrics, make_rate_limits
from routing.agent.envoy import start_config
from routing.agent.envoy.process import Envoy
from routing.agent.identity.identity import DEFAULT_NAME, Identity, of_config
from routing.agent.objects.objects import Objects
from routing.agent.processes.last_applied import last_applied
from routing.agent.processes.supervisor import Supervisor
from routing.agent.relay.events import Events
from routing.agent.relay.relay import Relay
from routing.agent.state.readiness import NotReady, not_ready
from routing.agent.state.status import Facts, report, status
from routing.agent.storage.state_socket import StateSocket
from routing.agent.users.claims import Users
from routing.compile import names
from routing.loopback import loopback_id

if TYPE_CHECKING:
    pass

log = logging.getLogger("edge")

_LAST_WORDS_SECONDS = 2.0
_GRACE_SECONDS = 3.0
_SOCKET_AGAIN_SECONDS = 1.0


class Edge:
    """Use as an async context manager; `start` returns at once, `stop` when everything has
    ended."""

    def __init__(
        self,
        config: Config,
        tasks: Tasks,
        users: Users,
        inherited: Inherited = NOTHING_INHERITED,
        identity: Identity | None = None,
    ) -> None:
        """`config` has all ports filled in. Without `identity` the edge has a token in `config`."""
        self._identity = identity = identity or of_config(config)
        config = replace(config, name=config.name or identity.tokens.name or DEFAULT_NAME)
        self._config, self._tasks, self._users = config, tasks, users
        self._inherited = inherited
        self._control = ControlPlane(config.control_url, identity)
        self._record = EdgeRecord(self._control, identity, self._changed)
        self._certificates = CertificateProvider(config.certificates)
        if config.certificates:
            self._certificates.start()
        settings = start_config.settings(config, self._certificates.slots)
        seal = Seal(*identity.file_keys())
        self._envoy = Envoy(config.envoy, settings, config.concurrency, self._changed)
        self._envoy.metrics_port = config.metrics_port
        self._cache = make_cache(config, identity, users)
        self._rate_limits = make_rate_limits(identity, users)
        self._objects = Objects(config.name, tasks, users.isolation)
        self._supervisor = self._make_supervisor(seal)
        self._objects.connect(self._supervisor)
        self._decider = Decider()
        self._previews = self._make_previews()
        supervisor = self._supervisor
        self._stored_secrets = StoredSecrets(
            lambda: supervisor.state.processes, supervisor.is_version_peer
        )
        self._status_reporter = StatusReporter(
            self._control, self._record, self.facts, self._supervisor.settled
        )
        self._logs = EdgeLogs(
            config,
            self._control,
            self._envoy.admin,
            self._supervisor,
            self._changed,
            envoy_adopted=inherited.envoy is not None,
        )
        self._receive_from_control_plane()
        self._metrics = make_metrics(config, self.facts, self._not_ready)
        if self._metrics is not None:
            self._logs.requests.counted = self._metrics.counted
        applied, self._snapshot_problem = last_applied(seal)
        self._sync = Sync(self._control, applied, self._supervisor, self._changed)
        self._started_at = self._applied_at = self._control_since = time.time()
        #: Applied and desired, as the other parts have them.
        self._known = (applied, applied)
        self._control_error = ""
        self._deaths = 0
        self._is_stopping = False
        self._servers = self._make_servers()
        self._state_socket = StateSocket(config.state_url, users.isolation.group, config.state_ca)

    def _receive_from_control_plane(self) -> None:
        control, supervisor = self._control, self._supervisor
        control.watching = self._logs.watch
        control.draining = self._record.set_draining
        control.relaying = Relay(
            control, self._tasks, self._config.proof_port, lambda: supervisor.state.applied
        ).receive
        control.delivering = Events(
            control, self._tasks, lambda: supervisor.state.processes, supervisor.versions.events
        ).receive

    def _make_servers(self) -> tuple[Server | GrpcServer, ...]:
        return (
            self._envoy.discovery_server,
            decide_server.serve(self._decider, self._tasks),
            control_socket.serve(
                Control(
                    self._supervisor.slots,
                    self._logs.workers.answer,
                    self._stored_secrets.answer,
                    self._objects.answer,
                )
            ),
            Server(names.PREVIEWS_SOCKET, self._previews.answer, mode=0o600, tasks=self._tasks),
        )

    async def __aenter__(self) -> Self:
        await self._control.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._control.__aexit__(kind, error, trace)

    async def start(self) -> None:
        """Starts with the last applied snapshot, without waiting for the control plane."""
        for server in self._servers:
            await self._serve(server)
        if self._metrics is not None:
            await self._metrics.start()
        await self._logs.requests.rotate(every=self._inherited.envoy is None)
        self._update_snapshots()
        applied, _ = self._known
        self._supervisor.boot(applied, self._inherited)
        self._logs.run(self._tasks)
        self._objects.start()
        forever = self._tasks.forever
        forever("envoy", lambda: self._envoy.run(self._tasks))
        forever("supervise", self._supervisor.run)
        forever("save", self._supervisor.saver.run)
        forever("listen", self._sync.listen)
        forever("fetch", self._sync.fetch)
        forever("report", self._status_reporter.report)
        forever("status", self._status_reporter.write)
        forever("previews", self._previews.keep)
        forever("memory", self._supervisor.memory.keep)
        forever("state socket", self._state_socket.keep)
        if self._cache is not None:
            forever("cache", self._cache.keep)
        forever("rate limits", self._rate_limits.keep)
        if self._config.certificates:
            forever("certificates", self._certificates.run)
        forever("process notes", child_process.write_missing_notes)
        log.info("edge %s starts with revision %d", self._config.name, applied.revision)

    async def _serve(self, server: Server | GrpcServer) -> None:
        """If there is no room for a socket file the edge serves without it, and retries."""
        try:
            await server.start()
        except OSError as error:
            log.error("%s cannot be opened: %s", server.path, error.strerror)
            self._tasks.once(f"open {server.path}", self._serve_later(server))

    async def _serve_later(self, server: Server | GrpcServer) -> None:
        await asyncio.sleep(_SOCKET_AGAIN_SECONDS)
        await self._serve(server)

    async def stop(self) -> None:
        """Drains Envoy, ends the versions, ships the last log lines."""
        self._is_stopping = True
        self._supervisor.pause()
        await self._envoy.stop()
        await self._supervisor.stop(_GRACE_SECONDS)
        await self._close()
        with suppress(ControlPlaneUnavailable, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._control.report(report(self.facts()))
                while self._logs.pending_bytes():
                    await asyncio.sleep(0.05)
        self._logs.requests.end()
        self._status_reporter.write_now(status(self.facts()))

    async def leave(self) -> None:
        """Ends this agent only; Envoy and versions keep serving."""
        self._supervisor.pause()
        await self._close()
        await self._supervisor.saver.save_now()

    async def _close(self) -> None:
        """Answers Envoy, versions and Prometheus no more."""
        for server in self._servers:
            server.stop()
        self._state_socket.stop()
        self._decider.close()
        if self._metrics is not None:
            await self._metrics.stop()

    def kill(self) -> None:
        """Kills all remaining processes."""
        for child in child_process.running():
            child.signal(signal.SIGKILL)

    def facts(self) -> Facts:
        config, supervisor = self._config, self._supervisor
        return Facts(
            state=supervisor.state,
            desired=supervisor.desired,
            applied_at=self._applied_at,
            started_at=self._started_at,
            proof_url=f"http://127.0.0.1:{config.proof_port}",
            public_url=f"http://{url_host(config.host)}:{config.port}",
            shipping={**self._logs.counts(), "overrides_unjudged": self._decider.unjudged},
            metrics_url=self._metrics.url if self._metrics is not None else "",
            error=self._error(),
            disk=self._logs.audit.disk,
            control_error=self._control_error,
            control_since=self._control_since,
            faults=self._tasks.faults,
            isolation=self._users.isolation,
            envoy=self._envoy.facts(),
            pid=os.getpid(),
            agent=self._record.facts(config.name),
            is_draining=self._record.is_draining,
            loopback=loopback_id(),
            objects=self._objects.usage,
        )

    def on_removed(self, act: Callable[[], None]) -> None:
        """`act` is called once the control plane has removed this edge."""
        self._control.removed = act

    def _error(self) -> str:
        """What affects the whole edge. An unreadable snapshot matters only until the control plane
        is reached."""
        problem = self._snapshot_problem if self._control_error else ""
        if not self._supervisor.desired.known:
            problem = problem or messages.NO_SNAPSHOT
        return self._envoy.problem or self._supervisor.error or problem

    def _not_ready(self) -> list[NotReady]:
        """Why balancers should send nothing to this edge."""
        return not_ready(
            self.facts(), envoy_problem=self._envoy.problem, is_stopping=self._is_stopping
        )

    def _make_supervisor(self, seal: Seal) -> Supervisor:
        return Supervisor(
            config=self._config,
            envoy=self._envoy,
            modules=ModuleCache(self._control.module),
            assets=AssetFolders(self._control.asset, fetch_many=self._control.assets),
            seal=seal,
            key=self._identity.file_keys()[0],
            users=self._users,
            tasks=self._tasks,
            changed=self._changed,
            cache=self._cache.key if self._cache is not None else None,
            rate_limits=self._rate_limits.key,
            objects=self._objects,
        )

    def _make_previews(self) -> Previews:
        supervisor = self._supervisor
        return Previews(
            known=PreviewNames(self._control.preview, lambda: supervisor.desired.domain),
            set_desired=supervisor.set_previews,
            state=lambda: supervisor.state,
            in_flight=self._envoy.admin.in_flight,
            places=self._config.previews,
            idle_seconds=self._config.preview_idle_seconds,
            decide=self._decider.answer,
        )

    def _changed(self) -> None:
        """Called after every change; cheap and idempotent."""
        if self._envoy.deaths > self._deaths:
            self._deaths = self._envoy.deaths
            self._logs.envoy_ended()
        before, known = self._known, (self._supervisor.state.applied, self._supervisor.desired)
        if known[0].revision != before[0].revision:
            self._applied_at = time.time()
        if known[0] is not before[0] or known[1] is not before[1]:
            self._known = known
            self._update_snapshots()
        if bool(self._sync.error) != bool(self._control_error):
            self._control_since = time.time()
        self._control_error = self._sync.error
        self._previews.changed()
        self._objects.changed()
        self._status_reporter.changed()

    def _update_snapshots(self) -> None:
        self._decider.update_snapshots(*self._known)
        self._logs.requests.update_snapshots(*self._known)
        self._stored_secrets.update_snapshots(*self._known)
        self._logs.workers.update_secrets(self._stored_secrets.of_version)
        self._logs.workers.update_snapshot(self._known[0])
