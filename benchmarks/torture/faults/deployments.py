"""More versions within the drain time than an edge has slots for."""

from __future__ import annotations

from benchmarks.torture.faults.fault import Fault, nothing_fails
from benchmarks.torture.site import WORKER, Site

_VERSIONS = 10


def _many_versions(site: Site) -> None:
    """Each takes over all of the traffic while slow requests run in the one before."""
    for number in range(_VERSIONS):
        deployment = site.system.deploy(WORKER, (site.upload_more(number), 100.0))
        site.system.wait_for(WORKER, deployment)


def _split_again(site: Site) -> None:
    site.deploy_split(60)


def _steps(site: Site) -> None:
    for stable in (90, 70, 40, 10, 60):
        site.system.wait_for(WORKER, site.deploy_split(stable))


FAULTS = (
    Fault(name="deployments", begin=_steps, deploys=True, expected=nothing_fails()),
    Fault(
        name="ten versions in a row",
        begin=_many_versions,
        end=_split_again,
        deploys=True,
        expected=nothing_fails(),
    ),
)
