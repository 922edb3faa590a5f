"""What is done to the machines, and what must be true meanwhile.

A fault returns one line of what was seen, and appends to `untrue` every claim that was not true.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from benchmarks.cluster import stores
from benchmarks.cluster.machines import Machine, block, unblock
from benchmarks.cluster.rollout import rollout_in_a_partition
from benchmarks.cluster.rounds import Fault
from benchmarks.cluster.site import Site

SILENT_SECONDS = 15.0
"""After this long without a report, an edge is silent."""
PAGE_SECONDS = 4.0
"""The longest time until a page is answered, whatever is away."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds that something is away."""

    store: float = 60.0
    edge: float = 600.0
    partition: float = 60.0


FULL = Lengths()
SHORT = Lengths(store=4.0)


def all_faults(lengths: Lengths) -> list[Fault]:
    killed = [
        *(Fault(f"web-{number + 1} killed", _killed("web", number)) for number in (0, 1)),
        *(Fault(f"work-{number + 1} killed", _killed("work", number)) for number in (0, 1)),
        *(Fault(f"agent of edge-{n + 1} killed", _killed("edge", n)) for n in (0, 1, 2)),
    ]
    return [
        *killed,
        Fault(f"Redis away {lengths.store:.0f} s", lambda s, u: _redis_away(s, u, lengths.store)),
        Fault(
            f"PostgreSQL away {lengths.store:.0f} s",
            lambda s, u: _postgresql_away(s, u, lengths.store),
        ),
        Fault(
            f"PostgreSQL unreachable {lengths.store:.0f} s",
            lambda s, u: _postgresql_unreachable(s, u, lengths.store),
        ),
        Fault(
            f"edge-1 partitioned {lengths.partition:.0f} s",
            lambda s, u: _partition(s, u, s.edges[:1], lengths.partition),
        ),
        Fault(
            f"all edges partitioned {lengths.partition:.0f} s",
            lambda s, u: _partition(s, u, s.edges, lengths.partition),
        ),
        Fault("rollout, edge-1 partitioned", rollout_in_a_partition),
        Fault(f"edge-3 away {lengths.edge:.0f} s", lambda s, u: _edge_away(s, u, lengths.edge)),
    ]


def short_faults() -> list[Fault]:
    """One of each kind, in half a minute: stores and an edge are away while another is silent."""
    return [
        Fault("web, work and agent killed", _one_after_the_other),
        Fault("edge-1 partitioned, stores and edge-3 away", _away_in_a_partition),
    ]


Play = Callable[[Site, list[str]], str]


def _killed(role: str, number: int) -> Play:
    def play(site: Site, untrue: list[str]) -> str:
        machines = {"web": site.web, "work": site.work, "edge": site.edges}[role]
        machine = machines[number]
        machine.stop(role, signal.SIGKILL)
        seen = _deploy_meanwhile(site, untrue, may_fail=False)
        site.restart(machine, role)
        return seen

    return play


def _one_after_the_other(site: Site, untrue: list[str]) -> str:
    return "; ".join(_killed(role, 0)(site, untrue) for role in ("web", "work", "edge"))


def _away_in_a_partition(site: Site, untrue: list[str]) -> str:
    edge, began = site.edges[0], time.monotonic()
    block(edge, site.balancer)
    site.edges[2].stop("edge")
    seen = [_redis_away(site, untrue, SHORT.store)]
    site.start_role(site.edges[2], "edge")
    site.wait("edge-3 serves again", lambda: site.has_deployment(site.edges[2]))
    seen.append(_postgresql_unreachable(site, untrue, 0.0))
    site.wait("the API answers", site.is_web_ready)
    seen.append(_postgresql_away(site, untrue, SHORT.store))
    site.wait("the API answers", site.is_web_ready)
    time.sleep(max(0.0, began + SILENT_SECONDS + 1 - time.monotonic()))
    _check_silent(site, untrue, {edge.name})
    seen.append(site.pages.say())
    unblock(edge, site.balancer)
    return "; ".join(seen)


def _redis_away(site: Site, untrue: list[str], seconds: float) -> str:
    """Deployments and pages work without it."""
    site.redis.stop("redis", signal.SIGKILL)
    seen = _during(site, untrue, seconds, may_fail=False, pages=200)
    stores.start_redis(site.redis)
    return seen


def _postgresql_away(site: Site, untrue: list[str], seconds: float) -> str:
    """The API and pages answer 503; what was answered 200 is there afterwards."""
    site.postgresql.stop("postgresql", signal.SIGQUIT)  # at once, like a crash
    seen = _during(site, untrue, seconds, may_fail=True, pages=503)
    stores.start_postgresql(site.postgresql)
    return seen


def _postgresql_unreachable(site: Site, untrue: list[str], seconds: float) -> str:
    """Packets are lost, so connections hang."""
    site.postgresql.set_link(False)
    seen = _during(site, untrue, seconds, may_fail=True, pages=503)
    site.postgresql.set_link(True)
    return seen


def _partition(site: Site, untrue: list[str], edges: list[Machine], seconds: float) -> str:
    """The edges serve by what they have; the pages say that they are silent, and no others."""
    for edge in edges:
        block(edge, site.balancer)
    time.sleep(SILENT_SECONDS + 1)
    _check_silent(site, untrue, {edge.name for edge in edges})
    status = site.try_deploy(site.split)
    time.sleep(max(0.0, seconds - SILENT_SECONDS - 1))
    newest = {edge.name for edge in edges if site.has_deployment(edge)}
    if newest:
        untrue.append(f"{newest} cannot have the deployment")
    seen = f"deployed: {status}; {site.pages.say()}"
    for edge in edges:
        unblock(edge, site.balancer)
    return seen


def _edge_away(site: Site, untrue: list[str], seconds: float) -> str:
    """Stopped in a planned way; the balancer uses the others. Deployments go on."""
    edge = site.edges[2]
    edge.stop("edge")
    began, deployed = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        if time.monotonic() - began > SILENT_SECONDS + 1:
            _check_silent(site, untrue, {edge.name})
        site.split = 101 - site.split
        site.deploy(site.split)
        deployed += 1
        time.sleep(min(10.0, seconds / 2))
    seen = f"{deployed} deployments meanwhile; {site.pages.say()}"
    site.start_role(edge, "edge")
    caught_up = site.wait("edge-3 is back", lambda: site.has_deployment(edge))
    return f"caught up in {caught_up:.1f} s; {seen}"


def _during(site: Site, untrue: list[str], seconds: float, *, may_fail: bool, pages: int) -> str:
    time.sleep(seconds / 2)
    began = time.monotonic()
    status = _page_status(site)
    took = time.monotonic() - began
    if status != pages or took > PAGE_SECONDS:
        untrue.append(f"the Edges page was answered {status} in {took:.1f} s, not {pages}")
    seen = _deploy_meanwhile(site, untrue, may_fail=may_fail)
    time.sleep(seconds / 2)
    return f"pages {status} in {took:.1f} s; {seen}"


def _deploy_meanwhile(site: Site, untrue: list[str], *, may_fail: bool) -> str:
    """`rounds.play` checks afterwards that it is in the database if, and only if, this was 200."""
    began = time.monotonic()
    status = site.try_deploy(100 - site.split)
    took = time.monotonic() - began
    if status != 200 and not may_fail:
        untrue.append(f"a deployment was answered {status}")
    return f"deployment {status} in {took:.1f} s"


def _page_status(site: Site) -> int:
    """0 without an answer."""
    try:
        return site.pages.get("/edges/").status_code
    except httpx.HTTPError:
        return 0


def _check_silent(site: Site, untrue: list[str], expected: set[str]) -> None:
    if (silent := site.silent_edges()) != expected:
        untrue.append(f"silent are {sorted(silent)}, expected {sorted(expected)}")
