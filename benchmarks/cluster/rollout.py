"""A rollout while an edge is silent: it waits for the edge, and ends once the edge is back."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.cluster.machines import block, unblock
from benchmarks.cluster.site import Site
from benchmarks.torture.site import WORKER

_PATH = f"/api/workers/{WORKER}/rollouts"
_STEP = 10.0
_TERMS = {
    "steps": "10:20s,50:10s,100",
    "min_sample": 20,
    "min_callers": 1,
    "final_bake": "0s",
    "auto": True,
}
_SILENT_SECONDS = 40.0
"""Twice as long as its first step would take."""
_END_SECONDS = 120.0


def rollout_in_a_partition(site: Site, untrue: list[str]) -> str:
    site.deploy(100.0)
    answer = site.call("POST", _PATH, json={**_TERMS, "version_id": site.candidate})
    if answer.status_code != 201:
        untrue.append(f"the rollout was answered {answer.status_code}: {answer.text[:200]}")
        return "not started"
    seen = _watched(site, untrue, f"{_PATH}/{answer.json()['id']}")
    site.deployment, site.is_unsure = site.newest_deployment(), False
    return seen


def _watched(site: Site, untrue: list[str], path: str) -> str:
    site.wait("the rollout ramps", lambda: _now(site, path)["percentage"] == _STEP)
    block(site.edges[0], site.balancer)
    time.sleep(_SILENT_SECONDS)
    silent = _now(site, path)
    if silent["percentage"] != _STEP:
        untrue.append(f"the rollout went on to {silent['percentage']}% without edge-1")
    unblock(site.edges[0], site.balancer)
    took = site.wait("the rollout ends", lambda: _now(site, path)["state"] in _ENDS, _END_SECONDS)
    last = _now(site, path)
    if last["state"] != "done":
        untrue.append(f"the rollout is {last['state']} ({last['code']}: {last['facts']})")
    return f"at step 1 meanwhile: {silent['code']}; {last['state']} {took:.0f} s later"


_ENDS = ("done", "rolled_back", "aborted", "needs_attention")
"""Not "held": that hold ends by itself once the edge reports again."""


def _now(site: Site, path: str) -> dict[str, Any]:
    return dict(site.call("GET", path).json())
