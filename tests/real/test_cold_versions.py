"""Versions that run only while they are requested, on a real edge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter

import pytest

from tests.eventually import eventually
from tests.real.agent import ALL, BAD, A, B, C, Load
from tests.running import OVERRIDES

pytestmark = pytest.mark.real

ASKS_FOR_B = {OVERRIDES: f'shop="{B.version.id}"'}


def test_within_a_budget_versions_start_at_their_first_request_and_stop_unused(agent, control):
    agent.environ |= {"SLUICE_EDGE_MEMORY_MB": "20", "SLUICE_EDGE_IDLE_SECONDS": "3"}
    control.deploy("shop", (B, 0), (A, ALL))
    agent.start().applied(control.deploy("other", (C, ALL)))

    def states():
        return [agent.status()["versions"].get(f.version.id) for f in (A, B, C)]

    def rows_of(upload):
        return [row for row in control.rows if row["version_id"] == upload.version.id]

    eventually(lambda: sorted(map(str, states())) == ["cold", "cold", "running"])
    assert len(agent.processes()) == 2  # Envoy and one version
    with Load(agent, "shop") as load:
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: agent.get("shop", headers=ASKS_FOR_B), range(8)))
        assert [(reply.status, reply.text) for reply in replies] == [(200, "b")] * 8
        assert agent.get("other").text == "c"
        assert len(agent.processes()) == 4
        eventually(lambda: control.reports[-1]["versions"][B.version.id].get("cold_start_ms"))
        eventually(lambda: len(rows_of(B)) == 8)
        first = min(rows_of(B), key=itemgetter("started_on"))
        assert 0 < first["cold_start_us"] <= first["duration_us"]
        eventually(lambda: states() == ["running", "cold", "cold"], 30)
        assert agent.get("shop", headers=ASKS_FOR_B).text == "b"
    assert load.failures == [] and set(load.answers) == {"a"}
    assert control.reports[-1]["versions"][A.version.id]["restarts"] == 0


def test_a_candidate_runs_before_it_gets_requests(agent, control):
    agent.environ |= {"SLUICE_EDGE_MEMORY_MB": "1", "SLUICE_EDGE_IDLE_SECONDS": "600"}
    agent.start().applied(control.deploy("shop", (B, 0), (A, ALL)))
    assert agent.pid_of(B) is None
    agent.applied(control.deploy("shop", (B, ALL // 2), (A, ALL // 2)))
    assert agent.pid_of(B) is not None


def test_one_that_cannot_start_fails_as_any_other(agent, control):
    agent.environ["SLUICE_EDGE_MEMORY_MB"] = "1"
    agent.start().applied(control.deploy("bad", (BAD, ALL)))
    assert agent.status()["versions"] == {BAD.version.id: "cold"}
    assert agent.answers("bad", 503).status == 503
    eventually(lambda: agent.status()["versions"] == {BAD.version.id: "failed"})
