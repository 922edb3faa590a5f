"""What the agent does next when a version cannot start or Envoy refuses what it was given."""

from dataclasses import replace

from routing.agent.state.plan import lagging
from tests.routing.agent.histories import SHOP, History, make_worker, settled, snapshot


def test_a_version_that_cannot_start_leaves_its_worker_as_it_was_and_others_move_on():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.set_desired(2, make_worker("shop", "bad"), make_worker("till", "u"))
    edge.round()
    edge.fails("bad", "Uncaught SyntaxError")
    edge.runs("u")
    assert edge.round() == ["clusters a t u", "routes 1: a u, leaving t", "drain t"]
    assert edge.routed == {"shop": ["a"], "till": ["u"]}
    assert lagging(edge.desired, edge.state) == {"shop": "version bad: Uncaught SyntaxError"}


def test_the_revision_follows_once_the_last_worker_has_it():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.set_desired(2, make_worker("shop", "bad"), make_worker("till", "t"))
    edge.round()
    edge.fails("bad", "no")
    edge.set_desired(
        3, make_worker("shop", "bad"), make_worker("till", "u", "t", weight=1)
    ).settle()
    assert edge.state.applied.revision == 1
    edge.runs("bad")
    edge.settle()
    assert edge.state.applied.revision == 3
    assert lagging(edge.desired, edge.state) == {}


def test_a_failing_version_that_is_given_up_is_stopped_without_draining():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "bad", "a", weight=0))
    edge.round()
    edge.fails("bad", "no")
    edge.set_desired(3, SHOP)
    assert edge.round() == ["routes 3: a", "stop bad"]


def test_a_new_worker_whose_version_fails_is_not_there_and_hinders_nobody():
    edge = settled(SHOP)
    edge.set_desired(2, SHOP, make_worker("new", "bad"))
    edge.round()
    edge.fails("bad", "no")
    edge.set_desired(3, make_worker("shop", "b", "a", weight=0), make_worker("new", "bad")).settle()
    assert edge.routed == {"shop": ["b", "a"]}


def test_what_envoy_refuses_stays_as_it_was_and_is_not_tried_for_ever():
    edge = settled(SHOP)
    edge.envoy_refuses = {"b"}
    edge.set_desired(2, make_worker("shop", "b")).settle()
    assert edge.routed == {"shop": ["a"]}
    assert edge.round() == []
    assert lagging(edge.desired, edge.state) == {"shop": "Envoy refused it"}


def test_one_refused_worker_does_not_hold_up_the_others():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.envoy_refuses = {"b"}
    edge.set_desired(2, make_worker("shop", "b"), make_worker("till", "u"), make_worker("x", "x"))
    edge.settle()
    assert edge.routed == {"shop": ["a"], "till": ["u"], "x": ["x"]}
    edge.set_desired(3, make_worker("shop", "c"), make_worker("till", "u"), make_worker("x", "x"))
    edge.settle()
    assert edge.routed["shop"] == ["c"]
    assert edge.state.applied.revision == 3
    assert not edge.state.one_by_one


def test_removals_come_first_when_changes_are_made_one_by_one():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.envoy_refuses = {"b"}
    edge.set_desired(2, make_worker("shop", "b"))
    edge.settle()
    assert edge.routed == {"shop": ["a"]}


def test_a_worker_that_is_withheld_lags_and_goes_on():
    """Also after a restart, from what was applied last."""
    edge = History(snapshot(1, make_worker("shop", "a")))
    edge.settle()
    withheld = replace(snapshot(2, make_worker("shop", "a")), withheld={"shop": "broken seal"})
    edge.desired = withheld
    edge.settle()
    assert lagging(edge.desired, edge.state) == {"shop": "broken seal"}
    assert edge.state.applied.revision == 2 and len(edge.state.applied.workers) == 1
    assert lagging(edge.state.applied, edge.state) == {"shop": "broken seal"}
