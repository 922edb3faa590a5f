"""What the agent reports to the control plane, and in `status.json`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from routing.agent.base.process_end import End
from routing.agent.state.plan import lagging
from routing.agent.state.state import EdgeState, Phase, Process
from routing.agent.users.isolation import Isolation
from routing.snapshot import Snapshot

FILE = "status.json"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvoyFacts:
    """Since the agent started. `ends` counts unexpected ends, `end` and `message` describe the
    last; `waited` counts connections that waited in between; `sockets` would outlive Envoy now
    (with 0, connections would be refused)."""

    ends: int = 0
    end: End | None = None
    message: str = ""
    waited: int = 0
    sockets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFacts:
    """The agent itself. `name` is the edge's name in proof headers, `instance` differs for each
    start, `host` is the machine's name. `clock_offset_ms` is how far its clock is ahead."""

    name: str = ""
    instance: str = ""
    host: str = ""
    version: str = ""
    plain_http: bool = False
    clock_offset_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a report is made of. `control_error` is why the control plane is unavailable,
    since `control_since`; `applied_at` is when the revision was reached; `disk` is why the folder
    cannot be written (`routing.disk.DiskState`); `loopback` is `routing.loopback.loopback_id`;
    `objects` counts Durable Objects and their bytes on disk, by namespace. With
    `is_draining` balancers should send nothing new."""

    state: EdgeState
    desired: Snapshot
    applied_at: float
    started_at: float
    proof_url: str
    public_url: str
    shipping: Mapping[str, int]
    metrics_url: str = ""
    error: str = ""
    disk: str = ""
    control_error: str = ""
    control_since: float = 0.0
    faults: Mapping[str, str]
    isolation: Isolation
    envoy: EnvoyFacts = EnvoyFacts()
    agent: AgentFacts = AgentFacts()
    is_draining: bool = False
    pid: int = 0
    loopback: str = ""
    objects: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def report(facts: Facts) -> dict[str, Any]:
    """The body of `POST /edge/v1/reports`.

    `desired` is the newest revision that this edge has received. `workers` lists only Workers that
    do not have it, with the reason and the deployment they still serve ("" for none). An agent
    without `checks_permissions` honors every override, protected or not; one without `relays`
    takes no requests from the socket, one without `delivers_events` no events.
    """
    return {
        "revision": facts.state.applied.revision,
        "desired": facts.desired.revision,
        "applied_on": iso(facts.applied_at),
        "started_at": iso(facts.started_at),
        "proof_url": facts.proof_url,
        "public_url": facts.public_url,
        "versions": _versions(facts.state.processes),
        "workers": _workers(facts),
        "shipping": dict(facts.shipping),
        "checks_permissions": True,
        "isolation": {"kind": str(facts.isolation.kind), "reason": facts.isolation.reason},
        "error": facts.error,
        "envoy": _envoy(facts.envoy),
        "disk": facts.disk,
        "agent": asdict(facts.agent),
        "loopback": facts.loopback,
        "objects": {name: dict(usage) for name, usage in facts.objects.items()},
        "relays": True,
        "delivers_events": True,
    }


def status(facts: Facts) -> dict[str, Any]:
    """The content of `status.json`: the report, shortened, plus facts of this machine."""
    away = f"away since {iso(facts.control_since)}: {facts.control_error}"
    return {
        **report(facts),
        "versions": _shown(facts.state.processes),
        "pid": facts.pid,
        "is_draining": facts.is_draining,
        "control": away if facts.control_error else "connected",
        "metrics_url": facts.metrics_url,
        "faults": dict(facts.faults),
    }


def shown(process: Process) -> str:
    """One word for a process: its state, or `leaving`."""
    return str(process.state) if process.phase is Phase.live else "draining"


def iso(seconds: float) -> str:
    """ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _version(process: Process) -> dict[str, Any]:
    return {
        "state": shown(process),
        "since": iso(process.since),
        "restarts": process.restarts,
        "message": process.message,
        "starts": [iso(at) for at in process.starts],
        "end": _end(process.end),
        **({"cold_start_ms": process.cold_start_ms} if process.cold_start_ms else {}),
    }


def _of_each(describe: Callable[[Process], _T]) -> Callable[[Mapping[str, Process]], dict[str, _T]]:
    """Describes processes by version id. Each is described again only after it changed: an edge may
    have thousands, and reports all of them after any change."""
    before: Mapping[str, Process] = {}
    described: dict[str, _T] = {}

    def of_each(processes: Mapping[str, Process]) -> dict[str, _T]:
        nonlocal before, described
        if processes is not before:
            described = {
                key: described[key] if before.get(key) is process else describe(process)
                for key, process in sorted(processes.items())
            }
            before = processes
        return described

    return of_each


_versions, _shown = _of_each(_version), _of_each(shown)


def _end(end: End | None) -> dict[str, str] | None:
    return {"kind": str(end.kind), "at": iso(end.at), "message": end.message} if end else None


def _envoy(envoy: EnvoyFacts) -> dict[str, Any]:
    end = envoy.end
    last = {"kind": str(end.kind), "at": iso(end.at), "message": envoy.message} if end else None
    return {
        "ends": envoy.ends,
        "end": last,
        "waited": envoy.waited,
        "sockets": envoy.sockets,
    }


def _workers(facts: Facts) -> dict[str, dict[str, str]]:
    routed = {worker.name: worker.deployment.id for worker in facts.state.applied.workers}
    return {
        name: {"error": why, "deployment": routed.get(name, "")}
        for name, why in lagging(facts.desired, facts.state).items()
    }
