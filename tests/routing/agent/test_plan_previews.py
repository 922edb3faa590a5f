"""The plan for versions that run for requests to their own address."""

from routing.compile.names import SLOTS
from tests.routing.agent.histories import SHOP, History, make_worker, settled


def test_a_preview_is_started_and_reached_and_routed_to_by_nothing():
    edge = settled(SHOP).preview("shop", "p")
    assert edge.round() == ["start p of shop in slot 1"]
    edge.runs("p")
    assert edge.round() == ["clusters a p", "routes 1: a, leaving p"]
    assert edge.round() == []
    assert edge.routed == {"shop": ["a"]}


def test_a_preview_of_a_worker_without_a_deployment_runs_too():
    edge = History().preview("new", "p")
    assert edge.settle() == ["start p of new in slot 0", "clusters p", "routes 0: , leaving p"]


def test_a_preview_that_nobody_wants_any_more_drains():
    edge = settled(SHOP).preview("shop", "p")
    edge.settle()
    edge.preview("shop")
    assert edge.round() == ["drain p"]
    edge.drained("p")
    assert edge.round() == ["routes 1: a", "clusters a", "stop p"]


def test_a_preview_that_never_ran_just_stops():
    edge = settled(SHOP).preview("shop", "p")
    edge.round()
    edge.preview("shop")
    assert edge.round() == ["stop p"]


def test_a_preview_that_is_deployed_keeps_its_process():
    edge = settled(SHOP).preview("shop", "p")
    edge.settle()
    edge.set_desired(2, make_worker("shop", "p", "a", weight=0))
    assert edge.round() == ["routes 2: a p"]
    edge.preview("shop")
    assert edge.round() == []


def test_a_version_that_leaves_its_deployment_stays_while_it_is_asked_for():
    edge = settled(make_worker("shop", "b", "a", weight=0)).preview("shop", "b")
    edge.set_desired(2, SHOP)
    assert edge.round() == ["routes 2: a, leaving b"]
    assert edge.round() == []


def test_a_preview_coming_and_another_one_going_share_a_round():
    edge = settled(SHOP).preview("shop", "p")
    edge.settle()
    edge.preview("shop", "q").settle()
    edge.drained("p")
    edge.preview("shop", "q", "r")
    assert edge.round() == [
        "start r of shop in slot 3",
        "routes 1: a, leaving q",
        "clusters a q",
        "stop p",
    ]
    edge.runs("r")
    edge.ended("p")
    assert edge.round() == ["clusters a q r", "routes 1: a, leaving q r"]


def test_a_preview_whose_process_died_keeps_its_cluster():
    edge = settled(SHOP).preview("shop", "p")
    edge.settle()
    edge.dies("p")
    assert edge.round() == []


def test_a_deployment_gets_the_slot_of_a_preview_that_left():
    previews = [f"p{n}" for n in range(SLOTS - 1)]
    edge = settled(SHOP).preview("shop", *previews)
    edge.settle()
    edge.preview("shop", *previews[1:]).settle()
    edge.set_desired(2, make_worker("shop", "b"))
    assert edge.round() == []
    edge.drained("p0")
    edge.settle()
    edge.ended("p0")
    assert edge.round() == ["start b of shop in slot 1"]
