"""What `/metrics` says of version processes."""

from types import SimpleNamespace

from routing.agent.metrics.exporter import Metrics
from routing.agent.state.state import ProcessState
from tests.routing.agent.histories import History, make_worker, snapshot


def test_a_version_that_waits_for_a_request_is_neither_up_nor_down():
    edge = History(snapshot(1, make_worker("shop", "a"), make_worker("api", "b", "c")))
    edge.settle()
    edge._feels("b", ProcessState.cold)
    edge.dies("c")
    metrics = Metrics("berlin-1", ("127.0.0.1", 0), lambda: None, list)
    up, restarts = metrics._processes(SimpleNamespace(state=edge.state))
    assert {s.labels["version"]: s.value for s in up.samples} == {"a": 1, "c": 0}
    assert {s.labels["version"] for s in restarts.samples} == {"a", "b", "c"}
