"""What the agent says about itself."""

from routing.agent.base.process_end import End, EndKind
from routing.agent.state.state import ProcessState
from routing.agent.state.status import EnvoyFacts, Facts, iso, report, status
from routing.agent.users.isolation import Isolation, Kind
from tests.routing.agent.histories import History, make_worker, snapshot


def facts(edge, **fields):
    given = {
        "state": edge.state,
        "desired": edge.desired,
        "applied_at": 0.0,
        "started_at": 0.0,
        "proof_url": "http://127.0.0.1:1",
        "public_url": "http://127.0.0.1:2",
        "shipping": {"pending_bytes": 0},
        "faults": {},
        "isolation": Isolation(kind=Kind.shared, reason="no user ids are mapped here"),
    }
    return Facts(**{**given, **fields})


def test_a_report_names_every_process_and_the_workers_that_lag():
    edge = History(snapshot(4, make_worker("shop", "a")))
    edge.settle()
    edge.set_desired(5, make_worker("shop", "b"))
    edge.round()
    edge.fails("b", "Uncaught Error")
    said = report(facts(edge))
    assert (said["revision"], said["desired"]) == (4, 5)
    assert said["versions"]["a"]["state"] == "running"
    assert said["versions"]["b"] == {
        "state": "failed",
        "since": iso(edge.clock),
        "restarts": 0,
        "message": "Uncaught Error",
        "starts": [],
        "end": {"kind": "start", "at": iso(edge.clock), "message": "Uncaught Error"},
    }
    assert len(said["versions"]["a"]["starts"]) == 1
    [shop] = edge.state.applied.workers
    lag = {"error": "version b: Uncaught Error", "deployment": shop.deployment.id}
    assert said["workers"] == {"shop": lag}


def test_the_reason_of_the_last_end_stays_while_it_runs_again():
    edge = History(snapshot(1, make_worker("shop", "a")))
    edge.settle()
    edge._feels("a", ProcessState.hung, "did not answer", EndKind.hang)
    ended_at = edge.clock
    edge.runs("a")
    version = report(facts(edge))["versions"]["a"]
    assert (version["state"], version["message"]) == ("running", "")
    assert version["end"] == {"kind": "hang", "at": iso(ended_at), "message": "did not answer"}


def test_a_version_that_leaves_is_draining_however_it_is():
    edge = History(snapshot(1, make_worker("shop", "a")))
    edge.settle()
    edge.set_desired(2, make_worker("shop", "b")).settle()
    edge._feels("a", ProcessState.backoff)
    assert status(facts(edge))["versions"] == {"a": "draining", "b": "running"}


def test_a_report_has_the_last_unexpected_end_of_envoy():
    assert report(facts(History()))["envoy"] == {"ends": 0, "end": None, "waited": 0, "sockets": 0}
    message = "Envoy did not answer for 3 s and was replaced"
    ended = EnvoyFacts(ends=2, end=End(EndKind.hang, 1.5), message=message, waited=40, sockets=5)
    assert report(facts(History(), envoy=ended))["envoy"] == {
        "ends": 2,
        "end": {"kind": "hang", "at": "1970-01-01T00:00:01.500Z", "message": message},
        "waited": 40,
        "sockets": 5,
    }


def test_the_control_plane_is_connected_or_away_since_when():
    assert status(facts(History()))["control"] == "connected"
    away = status(facts(History(), control_error="it answered 500", control_since=1.5))["control"]
    assert away == "away since 1970-01-01T00:00:01.500Z: it answered 500"
