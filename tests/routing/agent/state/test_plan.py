"""What the agent does next: event histories in, actions out."""

from dataclasses import replace

import pytest

from routing.agent.state.plan import lagging, plan
from routing.agent.state.state import Phase
from routing.compile.names import SLOTS
from tests.routing.agent.histories import SHOP, History, make_worker, settled, snapshot


def test_nothing_desired_and_nothing_held_is_nothing_to_do():
    assert plan(History().desired, History().state) == ()


def test_a_first_worker_is_started_then_reached_then_routed():
    edge = History().set_desired(1, SHOP)
    assert edge.round() == ["start a of shop in slot 0", "routes 0: "]
    assert edge.round() == []
    edge.runs("a")
    assert edge.round() == ["clusters a", "routes 1: a"]
    assert edge.round() == []
    assert edge.state.applied.revision == 1


def test_host_names_of_a_worker_that_is_not_routed_yet_are_coming():
    edge = settled(SHOP)
    edge.set_desired(2, SHOP, replace(make_worker("till", "t"), hostnames=("till.localhost",)))
    edge.round()
    assert edge.state.coming == {"till.localhost"}
    edge.runs("t")
    edge.settle()
    assert edge.state.coming == frozenset()


def test_a_desired_state_without_workers_is_known_all_the_same():
    edge = History()
    assert not edge.state.applied.known
    edge.set_desired(0)
    assert edge.round() == ["routes 0: "]
    assert edge.state.applied.known
    assert edge.round() == []


def test_after_a_restart_processes_start_and_routes_are_there_already():
    edge = History(snapshot(7, make_worker("shop", "a", "b"), make_worker("till", "t")))
    assert edge.round() == [
        "start a of shop in slot 0",
        "start b of shop in slot 1",
        "start t of till in slot 0",
    ]
    assert edge.state.applied.revision == 7
    assert edge.round() == []


def test_another_percentage_writes_routes_only():
    edge = settled(make_worker("shop", "b", "a", weight=10))
    edge.set_desired(2, make_worker("shop", "b", "a", weight=20))
    assert edge.round() == ["routes 2: a b"]
    assert edge.round() == []


def test_a_revision_without_a_difference_is_applied_at_once():
    edge = settled(SHOP)
    edge.set_desired(5, SHOP)
    assert edge.round() == ["routes 5: a"]


def test_a_new_version_waits_for_its_process_and_the_old_one_drains():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "b"))
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
    edge.set_desired(2, make_worker("shop", "b")).settle()
    assert edge.state.processes["a"].phase is Phase.draining
    edge.set_desired(3, make_worker("shop", "c", "b", weight=10))
    assert edge.settle() == [
        "start c of shop in slot 2",
        "clusters a b c",
        "routes 3: b c, leaving a",
    ]


def test_a_version_that_comes_back_while_draining_keeps_its_process():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "b")).settle()
    edge.set_desired(3, SHOP)
    assert edge.round() == ["keep a", "routes 3: a, leaving b", "drain b"]


def test_a_version_that_comes_back_when_drained_keeps_its_process():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "b")).settle()
    edge.drained("a")
    edge.set_desired(3, SHOP)
    assert edge.round() == ["keep a", "routes 3: a, leaving b", "drain b"]


def test_a_version_that_comes_back_while_stopping_starts_anew():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "b")).settle()
    edge.drained("a")
    edge.round()
    edge.set_desired(3, SHOP)
    assert edge.round() == ["hurry a"]
    assert edge.round() == []
    edge.ended("a")
    assert edge.round() == ["start a of shop in slot 0"]
    edge.runs("a")
    assert edge.round() == ["clusters a b", "routes 3: a, leaving b", "drain b"]


def test_a_slot_is_taken_until_the_process_has_ended():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "b")).settle()
    edge.drained("a")
    edge.settle()
    edge.set_desired(3, make_worker("shop", "c")).settle()
    assert {k: p.slot for k, p in edge.state.processes.items()} == {"a": 0, "b": 1, "c": 2}
    edge.ended("a")
    edge.set_desired(4, make_worker("shop", "d")).settle()
    assert edge.state.processes["d"].slot == 0


def test_without_a_free_slot_a_version_waits_and_says_so():
    """To give up the oldest that leaves would cut the requests in it."""
    edge = settled(SHOP)
    for number in range(1, SLOTS):
        edge.set_desired(1 + number, make_worker("shop", f"v{number}")).settle()
    assert len(edge.state.processes) == SLOTS
    edge.set_desired(99, make_worker("shop", "new"))
    assert edge.round() == []
    assert lagging(edge.desired, edge.state)["shop"].startswith(f"waiting: {SLOTS} versions")
    edge.set_desired(100, make_worker("shop", "v5"))
    assert edge.round()[0] == "keep v5"  # the way back to one that still runs is free
    edge.set_desired(101, make_worker("shop", "new"))
    edge.settle()
    edge.drained("a")
    edge.settle()
    edge.ended("a")
    assert edge.round() == ["start new of shop in slot 0"]
    assert lagging(edge.desired, edge.state)["shop"] == ""


def test_a_crash_changes_no_routes():
    edge = settled(make_worker("shop", "b", "a", weight=50))
    edge.dies("b")
    assert edge.round() == []
    edge.set_desired(2, make_worker("shop", "b", "a", weight=60))
    assert edge.round() == ["routes 2: a b"]


def test_a_removed_worker_drains_and_its_cluster_goes_last():
    edge = settled(SHOP, make_worker("till", "t"))
    edge.set_desired(2, SHOP)
    assert edge.round() == ["routes 2: a, leaving t", "drain t"]
    edge.drained("t")
    assert edge.settle() == ["routes 2: a", "clusters a", "stop t"]


def test_clusters_become_empty_only_when_no_worker_is_left():
    edge = settled(SHOP)
    edge.set_desired(2)
    assert edge.round() == ["routes 2: , leaving a", "drain a"]
    edge.drained("a")
    assert edge.settle() == ["routes 2: ", "clusters", "stop a"]


def test_a_control_plane_that_was_reset_is_followed_back():
    edge = settled(SHOP)
    edge.set_desired(40, SHOP).settle()
    edge.set_desired(2, make_worker("shop", "b")).settle()
    assert edge.state.applied.revision == 2


@pytest.mark.parametrize("field", [{"other_versions": ("z",)}, {"hostnames": ("shop.test",)}])
def test_what_is_not_about_versions_is_routes_only(field):
    edge = settled(SHOP)
    changed = make_worker("shop", "a")
    edge.set_desired(
        2, type(changed)(**{**{n: getattr(changed, n) for n in changed.__slots__}, **field})
    )
    assert edge.round() == ["routes 2: a"]


def test_a_deployment_that_is_gone_before_it_was_ready_leaves_nothing():
    edge = settled(SHOP)
    edge.set_desired(2, make_worker("shop", "b")).round()
    edge.set_desired(3, make_worker("shop", "c"))
    assert edge.round() == ["start c of shop in slot 2", "stop b"]
    edge.ended("b")
    edge.runs("c")
    assert edge.round() == ["clusters a c", "routes 3: c, leaving a", "drain a"]
