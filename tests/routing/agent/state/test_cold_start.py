"""When a request waited for a version's process."""

from __future__ import annotations

import math

from routing.agent.state import state as edge_state
from routing.agent.state.state import EdgeState, Process, ProcessState, cold_start
from tests.routing.agent.histories import make_version


def changed(state: EdgeState, process_state: ProcessState, at: float) -> EdgeState:
    return edge_state.process_state_changed(state, "v1", process_state, at=at, restarts=0)


def test_a_cold_start_is_known_before_the_agent_notices_its_end():
    process = Process(
        worker="shop", version=make_version("v1"), slot=0, since=1.0, state=ProcessState.cold
    )
    state = edge_state.process_started(EdgeState(), process)
    assert cold_start(state, "v1") is None and cold_start(state, "other") is None
    starting = changed(state, ProcessState.starting, 10.0)
    assert cold_start(starting, "v1") == (10.0, math.inf)
    running = changed(starting, ProcessState.running, 10.25)
    assert cold_start(running, "v1") == (10.0, 10.25)
    again = changed(changed(running, ProcessState.cold, 20.0), ProcessState.starting, 30.0)
    assert cold_start(again, "v1") == (30.0, math.inf)
    failed = changed(changed(state, ProcessState.starting, 10.0), ProcessState.failed, 11.0)
    assert cold_start(failed, "v1") is None
