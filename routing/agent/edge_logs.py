"""The logs of one edge: what is shipped of requests and of Workers' output, and what was lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from routing.agent.access_log.shipper import AccessLogShipper
from routing.agent.base.tasks import Tasks
from routing.agent.config import Config
from routing.agent.control_plane.client import ControlPlane
from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable
from routing.agent.loss.audit import LossAudit
from routing.agent.processes.supervisor import Supervisor
from routing.agent.state.state import cold_start
from routing.agent.worker_logs import shipper
from routing.agent.worker_logs.collector import WorkerLogCollector
from routing.agent.worker_logs.shipper import WorkerLogShipper


class EdgeLogs:
    """`changed` is called when lines were lost or the disk fills up."""

    def __init__(
        self,
        config: Config,
        control: ControlPlane,
        admin: Admin,
        supervisor: Supervisor,
        changed: Callable[[], None],
        *,
        envoy_adopted: bool,
    ) -> None:
        self._admin = admin
        self.requests = AccessLogShipper(
            send=control.invocations,
            reopen=self._reopen,
            per_second=config.invocations_per_second,
            limit_bytes=config.log_limit_mb << 20,
            envoy_adopted=envoy_adopted,
        )
        self.requests.seen = supervisor.memory.used
        self.requests.cold_starts = lambda version_id: cold_start(supervisor.state, version_id)
        self.audit = LossAudit(admin, self.requests.ledger, self.requests.lines_on_disk, changed)
        self.workers = WorkerLogCollector(
            shipper.FILE,
            processes=lambda: supervisor.state.processes,
            is_version_peer=supervisor.is_version_peer,
            clock=time.time,
            per_second=config.details_per_second,
        )
        self._workers_shipper = WorkerLogShipper(
            tails=self.workers,
            send=control.details,
            limit_bytes=config.log_limit_mb << 18,
        )

    def run(self, tasks: Tasks) -> None:
        """Starts the tasks that ship, and those that limit what is on disk."""
        tasks.forever("ship", self.requests.ship)
        tasks.forever("logs", self.requests.limit_size)
        tasks.forever("audit logs", self.audit.run)
        tasks.forever("ship details", self._workers_shipper.ship)
        tasks.forever("keep details", self._workers_shipper.limit_size)

    def watch(self, workers: frozenset[str]) -> None:
        """Someone is viewing these Workers: log everything, ship as many requests as possible."""
        self.workers.watched = workers
        self.requests.watch(workers)

    def envoy_ended(self) -> None:
        """Its last line may be cut off, and what it had not written is lost."""
        self.requests.cut()
        self.audit.envoy_ended()

    def pending_bytes(self) -> int:
        return self.requests.pending_bytes() + self._workers_shipper.pending_bytes()

    def counts(self) -> dict[str, int]:
        """For reports."""
        details = self.workers.counts
        return {
            "pending_bytes": self.requests.pending_bytes(),
            "dropped": self.requests.counts.lost,
            "unwritten": self.audit.lost,
            "sampled_out": self.requests.counts.sampled_out,
            "details_pending_bytes": self._workers_shipper.pending_bytes(),
            "details_taken": details.taken,
            "details_dropped": details.dropped + details.unread,
            "details_skipped": details.skipped,
            "details_forged": details.forged,
        }

    async def _reopen(self) -> None:
        with suppress(EnvoyUnavailable):
            await self._admin.post("/reopen_logs")
