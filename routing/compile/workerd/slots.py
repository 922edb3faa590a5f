"""The agent's answer to `runtime/service.js`: how RPC calls spread over versions."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from routing.compile import names
from routing.snapshot import Snapshot, VersionSpec

_PREFIX = "/slots/"


def slots_path(worker: str, entrypoint: str = "") -> str:
    """The path at the agent's socket for a service binding."""
    return _PREFIX + names.target(worker, entrypoint)


def slots_answer(snapshot: Snapshot, slots: Mapping[str, int], path: str) -> dict[str, object]:
    """`{"slots": [[slot, weight], ...]}` for a path of `slots_path`; empty if no version answers.

    `slots` are the slots of running versions, by id. An entrypoint that only one version exports
    keeps its percentages: calls to the other version fail, as with fetch.
    """
    name, _, entrypoint = path.removeprefix(_PREFIX).partition("/")
    for worker in snapshot.workers:
        if worker.name == name and _exported(worker.versions, unquote(entrypoint)):
            shares = [s for s in worker.deployment.shares if s.version_id in slots]
            return {"slots": [[slots[s.version_id], s.weight] for s in shares]}
    return {"slots": []}


def _exported(versions: tuple[VersionSpec, ...], entrypoint: str) -> bool:
    return any(entrypoint in names.all_entrypoints(version) for version in versions)
