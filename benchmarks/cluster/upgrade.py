"""The rolling upgrade: a site of the last release becomes one of this release, under load."""

from __future__ import annotations

import signal

from benchmarks.cluster.machines import Machine
from benchmarks.cluster.release import this_release
from benchmarks.cluster.rounds import Fault
from benchmarks.cluster.site import Site


def rolling_upgrade() -> Fault:
    return Fault("rolling upgrade", _upgrade)


def _upgrade(site: Site, untrue: list[str]) -> str:
    """`sluice setup`, then one process after the other. Deployments go on at every stage."""
    site.release = this_release()
    site.setup(site.web[0])
    _check_deployment(site, untrue, "the old code on the new schema")
    for machine in site.web:
        _replace(site, machine, "web", signal.SIGTERM)
        site.wait("web is ready", site.is_web_ready)
        _check_deployment(site, untrue, f"the upgrade of {machine.name}")
    for machine in site.work:
        _replace(site, machine, "work", signal.SIGTERM)
    for machine in site.edges:
        _replace(site, machine, "edge", signal.SIGUSR1)
        _check_deployment(site, untrue, f"the upgrade of {machine.name}")
    return "setup, 2 web, 2 work, 3 edges replaced, 6 deployments meanwhile"


def _replace(site: Site, machine: Machine, role: str, number: signal.Signals) -> None:
    machine.stop(role, number)
    site.start_role(machine, role)


def _check_deployment(site: Site, untrue: list[str], when: str) -> None:
    site.split = 101 - site.split
    if (status := site.try_deploy(site.split)) != 200:
        untrue.append(f"after {when}, a deployment was answered {status}")
        return
    site.wait(f"deployed after {when}", lambda: all(map(site.has_deployment, site.edges)))
