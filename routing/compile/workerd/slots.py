"""What the agent tells `runtime/service.js`: how the next RPC calls are to be spread."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from routing.compile import names
from routing.snapshot import Snapshot, VersionSpec

_PREFIX = "/slots/"


def slots_path(worker: str, entrypoint: str = "") -> str:
    """What a service binding asks the agent's socket for."""
    return _PREFIX + names.target(worker, entrypoint)


def slots_answer(snapshot: Snapshot, slots: Mapping[str, int], path: str) -> dict[str, object]:
    """`{"slots": [[slot, weight], ...]}` for a path of `slots_path`; no slots if nobody can answer.

    `slots` are the slots of running versions, by id. An entrypoint that only one of the versions
    exports keeps its percentages: calls of the other version fail, as they do for fetch.
    """
    name, _, entrypoint = path.removeprefix(_PREFIX).partition("/")
    for worker in snapshot.workers:
        if worker.name == name and _exported(worker.versions, unquote(entrypoint)):
            shares = [s for s in worker.deployment.shares if s.version_id in slots]
            return {"slots": [[slots[s.version_id], s.weight] for s in shares]}
    return {"slots": []}


def _exported(versions: tuple[VersionSpec, ...], entrypoint: str) -> bool:
    return any(entrypoint in names.entrypoints(version) for version in versions)
