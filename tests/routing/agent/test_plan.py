"""What the agent does next: event histories in, actions out."""

import pytest

from routing.agent.held import Phase
from routing.agent.plan import lagging, plan
from routing.compile.names import SLOTS
from tests.routing.agent.histories import History, make_worker, snapshot

SHOP = make_worker("shop", "a")


def settled(*workers):
    """An edge that serves these, with all processes running."""
    edge = History(snapshot(1, *workers))
    edge.settle()
    return edge


def test_nothing_desired_and_nothing_held_is_nothing_to_do():
    assert plan(History().desired, History().held) == ()


def test_a_first_worker_is_started_then_reached_then_routed():
    edge = History().want(1, SHOP)
    assert edge.round() == ["start a of shop in slot 0"]
    assert edge.round() == []
    edge.runs("a")
    assert edge.round() == ["clusters a", "routes 1: a"]
    assert edge.round() == []
    assert edge.held.applied.revision == 1


def test_after_a_restart_processes_start_and_routes_are_there_already():
    edge = History(snapshot(7, make_worker("shop", "a", "b"), make_worker("till", "t")))
    assert edge.round() == [
        "start a of shop in slot 0",
        "start b of shop in slot 1",
        "start t of till in slot 0",
    ]
    assert edge.held.applied.revision == 7
    assert edge.round() == []


def test_another_percentage_writes_routes_only():
    edge = settled(make_worker("shop", "b", "a", weight=10))
    edge.want(2, make_worker("shop", "b", "a", weight=20))
    assert edge.round() == ["routes 2: a b"]
    assert edge.round() == []


def test_a_revision_without_a_difference_is_applied_at_once():
    edge = settled(SHOP)
    edge.want(5, SHOP)
    assert edge.round() == ["routes 5: a"]


def test_a_new_version_waits_for_its_process_and_the_old_one_drains():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b"))
    assert edge.round() == ["start b of shop in slot 1"]
    edge.runs("b")
    assert edge.round() == ["clusters a b", "routes 2: b, leaving a", "drain a"]
    assert edge.round() == []
    edge.drained("a")
    assert edge.round() == ["routes 2: b", "clusters b", "stop a"]
    assert edge.round() == []
    edge.ended("a")
    assert edge.round() == []


def test_draining_delays_no_later_revision():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b")).settle()
    assert edge.held.processes["a"].phase is Phase.draining
    edge.want(3, make_worker("shop", "c", "b", weight=10))
    assert edge.settle() == [
        "start c of shop in slot 2",
        "clusters a b c",
        "routes 3: b c, leaving a",
    ]


def test_a_version_that_comes_back_while_draining_keeps_its_process():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b")).settle()
    edge.want(3, SHOP)
    assert edge.round() == ["keep a", "routes 3: a, leaving b", "drain b"]


def test_a_version_that_comes_back_when_drained_keeps_its_process():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b")).settle()
    edge.drained("a")
    edge.want(3, SHOP)
    assert edge.round() == ["keep a", "routes 3: a, leaving b", "drain b"]


def test_a_version_that_comes_back_while_stopping_starts_anew():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b")).settle()
    edge.drained("a")
    edge.round()
    edge.want(3, SHOP)
    assert edge.round() == ["hurry a"]
    assert edge.round() == []
    edge.ended("a")
    assert edge.round() == ["start a of shop in slot 0"]
    edge.runs("a")
    assert edge.round() == ["clusters a b", "routes 3: a, leaving b", "drain b"]


def test_a_slot_is_taken_until_the_process_has_ended():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b")).settle()
    edge.drained("a")
    edge.settle()
    edge.want(3, make_worker("shop", "c")).settle()
    assert {k: p.slot for k, p in edge.held.processes.items()} == {"a": 0, "b": 1, "c": 2}
    edge.ended("a")
    edge.want(4, make_worker("shop", "d")).settle()
    assert edge.held.processes["d"].slot == 0


def test_without_a_free_slot_the_oldest_draining_version_is_hurried():
    edge = settled(SHOP)
    for number in range(1, SLOTS):
        edge.want(1 + number, make_worker("shop", f"v{number}")).settle()
    edge.want(20, make_worker("shop", "new"))
    assert edge.round() == ["hurry a"]
    assert edge.round()[-1] == "kill a"
    assert edge.round() == []
    edge.ended("a")
    assert edge.round() == ["start new of shop in slot 0"]


def test_a_version_that_cannot_start_leaves_its_worker_as_it_was_and_others_move_on():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.want(2, make_worker("shop", "bad"), make_worker("till", "u"))
    edge.round()
    edge.fails("bad", "Uncaught SyntaxError")
    edge.runs("u")
    assert edge.round() == ["clusters a t u", "routes 1: a u, leaving t", "drain t"]
    assert edge.routed == {"shop": ["a"], "till": ["u"]}
    assert lagging(edge.desired, edge.held) == {"shop": "version bad: Uncaught SyntaxError"}


def test_the_revision_follows_once_the_last_worker_has_it():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.want(2, make_worker("shop", "bad"), make_worker("till", "t"))
    edge.round()
    edge.fails("bad", "no")
    edge.want(3, make_worker("shop", "bad"), make_worker("till", "u", "t", weight=1)).settle()
    assert edge.held.applied.revision == 1
    edge.runs("bad")
    edge.settle()
    assert edge.held.applied.revision == 3
    assert lagging(edge.desired, edge.held) == {}


def test_a_failing_version_that_is_given_up_is_stopped_without_draining():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "bad", "a", weight=0))
    edge.round()
    edge.fails("bad", "no")
    edge.want(3, SHOP)
    assert edge.round() == ["routes 3: a", "stop bad"]


def test_a_new_worker_whose_version_fails_is_not_there_and_hinders_nobody():
    edge = settled(SHOP)
    edge.want(2, SHOP, make_worker("new", "bad"))
    edge.round()
    edge.fails("bad", "no")
    edge.want(3, make_worker("shop", "b", "a", weight=0), make_worker("new", "bad")).settle()
    assert edge.routed == {"shop": ["b", "a"]}


def test_a_crash_changes_no_routes():
    edge = settled(make_worker("shop", "b", "a", weight=50))
    edge.dies("b")
    assert edge.round() == []
    edge.want(2, make_worker("shop", "b", "a", weight=60))
    assert edge.round() == ["routes 2: a b"]


def test_a_removed_worker_drains_and_its_cluster_goes_last():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.want(2, SHOP)
    assert edge.round() == ["routes 2: a, leaving t", "drain t"]
    edge.drained("t")
    assert edge.settle() == ["routes 2: a", "clusters a", "stop t"]


def test_clusters_become_empty_only_when_no_worker_is_left():
    edge = settled(SHOP)
    edge.want(2)
    assert edge.round() == ["routes 2: , leaving a", "drain a"]
    edge.drained("a")
    assert edge.settle() == ["routes 2: ", "clusters", "stop a"]


def test_a_control_plane_that_was_reset_is_followed_back():
    edge = settled(SHOP)
    edge.want(40, SHOP).settle()
    edge.want(2, make_worker("shop", "b")).settle()
    assert edge.held.applied.revision == 2


def test_what_envoy_refuses_stays_as_it_was_and_is_not_tried_for_ever():
    edge = settled(SHOP)
    edge.envoy_refuses = {"b"}
    edge.want(2, make_worker("shop", "b")).settle()
    assert edge.routed == {"shop": ["a"]}
    assert edge.round() == []
    assert lagging(edge.desired, edge.held) == {"shop": "Envoy refused it"}


def test_one_refused_worker_does_not_hold_up_the_others():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.envoy_refuses = {"b"}
    edge.want(2, make_worker("shop", "b"), make_worker("till", "u"), make_worker("x", "x"))
    edge.settle()
    assert edge.routed == {"shop": ["a"], "till": ["u"], "x": ["x"]}
    edge.want(3, make_worker("shop", "c"), make_worker("till", "u"), make_worker("x", "x"))
    edge.settle()
    assert edge.routed["shop"] == ["c"]
    assert edge.held.applied.revision == 3
    assert not edge.held.one_by_one


def test_removals_come_first_when_changes_are_made_one_by_one():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.envoy_refuses = {"b"}
    edge.want(2, make_worker("shop", "b"))
    edge.settle()
    assert edge.routed == {"shop": ["a"]}


@pytest.mark.parametrize("field", [{"other_versions": ("z",)}, {"hostnames": ("shop.test",)}])
def test_what_is_not_about_versions_is_routes_only(field):
    edge = settled(SHOP)
    changed = make_worker("shop", "a")
    edge.want(2, type(changed)(**{**{n: getattr(changed, n) for n in changed.__slots__}, **field}))
    assert edge.round() == ["routes 2: a"]


def test_a_deployment_that_is_gone_before_it_was_ready_leaves_nothing():
    edge = settled(SHOP)
    edge.want(2, make_worker("shop", "b")).round()
    edge.want(3, make_worker("shop", "c"))
    assert edge.round() == ["start c of shop in slot 2", "stop b"]
    edge.ended("b")
    edge.runs("c")
    assert edge.round() == ["clusters a c", "routes 3: c, leaving a", "drain a"]


# --- versions that are asked for by their own address -------------------------------------------


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
    edge.want(2, make_worker("shop", "p", "a", weight=0))
    assert edge.round() == ["routes 2: a p"]
    edge.preview("shop")
    assert edge.round() == []


def test_a_version_that_leaves_its_deployment_stays_while_it_is_asked_for():
    edge = settled(make_worker("shop", "b", "a", weight=0)).preview("shop", "b")
    edge.want(2, SHOP)
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


def test_a_deployment_gets_a_slot_before_previews_that_leave():
    previews = [f"p{n}" for n in range(SLOTS - 1)]
    edge = settled(SHOP).preview("shop", *previews)
    edge.settle()
    edge.preview("shop", *previews[1:]).settle()
    edge.want(2, make_worker("shop", "b"))
    assert edge.round() == ["hurry p0"]
