"""Which Workers a Worker reaches by service bindings, as its live versions were uploaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dashboard.fleet.deployment_cache import roles_of_deployments
from dashboard.fleet.version_roles import Standing
from routing.models import Deployment, Share, Worker

#: Workers at most: each costs queries.
MOST = 12


@dataclass(frozen=True, slots=True)
class Reached:
    """A Worker that another one calls. `rpc_only`: its entrypoint has no `fetch` in any live
    version, so only RPC reaches it, and RPC carries no headers."""

    name: str
    caller: str
    binding: str
    rpc_only: bool
    deployment: Deployment
    standings: list[Standing]


@dataclass(frozen=True, slots=True)
class _Call:
    caller: str
    binding: str
    callee: str
    entrypoint: str


def reached_from(worker: Worker) -> list[Reached]:
    """The Workers behind `worker`, nearest first, each once; those not deployed are left out."""
    live = {worker.name: _live([worker.name])[worker.name]}
    calls: dict[str, _Call] = {}
    callers = [worker.name]
    while callers and len(calls) < MOST:
        new_calls = [c for c in _calls(live, callers) if c.callee not in live]
        live |= _live({c.callee for c in new_calls})
        fresh: dict[str, _Call] = {}
        for call in new_calls:
            if live.get(call.callee):
                fresh.setdefault(call.callee, call)
        calls |= fresh
        callers = list(fresh)
    return _with_standings(list(calls.values())[:MOST], live)


def _live(names: Iterable[str]) -> defaultdict[str, list[tuple[Any, Any]]]:
    """Bindings and exports of the live versions, by Worker."""
    deployments = Deployment.objects.active(Worker.objects.filter(name__in=list(names)))
    rows = Share.objects.filter(deployment__in=deployments).values_list(
        "deployment__worker__name", "version__bindings", "version__exports"
    )
    live: defaultdict[str, list[tuple[Any, Any]]] = defaultdict(list)
    for name, bindings, exports in rows:
        live[name].append((bindings, exports))
    return live


def _calls(live: dict[str, list[tuple[Any, Any]]], callers: list[str]) -> Iterable[_Call]:
    for caller in callers:
        for bindings, _ in live[caller]:
            for row in bindings:
                if row.get("type") == "service" and row.get("service"):
                    entrypoint = row.get("entrypoint") or "default"
                    yield _Call(caller, row["name"], row["service"], entrypoint)


def _with_standings(calls: list[_Call], live: dict[str, list[tuple[Any, Any]]]) -> list[Reached]:
    names = [c.callee for c in calls]
    active = Deployment.objects.active(Worker.objects.filter(name__in=names))
    deployments = {d.worker.name: d for d in active.with_shares()}
    split = roles_of_deployments(deployments.values())
    return [
        Reached(
            name=call.callee,
            caller=call.caller,
            binding=call.binding,
            rpc_only=all(_without_fetch(exports, call) for _, exports in live[call.callee]),
            deployment=deployments[call.callee],
            standings=split[deployments[call.callee].pk],
        )
        for call in calls
        if call.callee in deployments
    ]


def _without_fetch(exports: list[dict[str, Any]], call: _Call) -> bool:
    entrypoint = next((e for e in exports if e.get("name") == call.entrypoint), None)
    return entrypoint is not None and "fetch" not in entrypoint.get("handlers", ())
