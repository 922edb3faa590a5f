"""What a stolen token of one group's edge opens: nothing of another group, and no secret."""

import hashlib

import pytest
from django.utils import timezone

from dashboard.edges.protocol import edge_keys
from dashboard.edges.protocol.registration import register_edge
from dashboard.edges.registry import edges
from routing import sealing
from routing.control import edge_documents, edge_groups
from routing.control.deploy import delete_worker
from routing.models import AuditEntry, Edge
from routing.snapshot import BindingSpec, Secret
from tests.dashboard.edges.registry_helpers import JoinedAgent, by_shell
from tests.factories import CODE, make_deployment, make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db
SECRET = BindingSpec(name="PASSWORD", type="secret_text", secret=Secret("hunter2-of-shop"))


def by():
    return {"actor": None, "source": "shell", "now": timezone.now()}


def place(worker, *groups, **given):
    return edge_groups.set_worker_groups(worker, groups, **by(), **given)


def names(snapshot):
    return [worker.name for worker in snapshot.workers]


@pytest.fixture
def shop(db):
    """A Worker with a secret, in group `eu` only."""
    worker = make_version("shop", make_draft(bindings=(SECRET,))).worker
    make_deployment(worker)
    make_deployment(make_worker("everywhere"))
    place(worker, "eu")
    return worker


def test_an_edge_gets_the_workers_of_its_group_only(shop):
    eu, us = JoinedAgent("eu-1").joined(group="eu"), JoinedAgent("us-1").joined(group="us")
    assert names(eu.snapshot()) == ["everywhere", "shop"]
    assert names(us.snapshot()) == ["everywhere"]


def test_a_stolen_token_reads_nothing_of_another_group(shop):
    version = make_version(shop, draft=make_draft(code=b"export default {} // of shop"))
    make_deployment(shop, (version, 100))
    thief = JoinedAgent("us-1").joined(group="us")
    sha256 = version.modules.get().module_id
    paths = ["snapshot?since=0", "snapshot?since=1"]
    paths += [f"modules/{sha256}", f"previews/{str(version.id)[:8]}-shop", "previews/x-shop"]
    for path in paths:
        assert b"shop" not in thief.get(path).content.replace(path.encode(), b""), path
    assert thief.get(f"modules/{sha256}").status_code == 404
    assert JoinedAgent("eu-1").joined(group="eu").get(f"modules/{sha256}").status_code == 200


def test_a_stolen_token_reads_no_secret_of_its_group_without_the_edges_key(shop):
    agent = JoinedAgent("eu-1").joined(group="eu")
    preview = f"previews/{str(shop.versions.get().id)[:8]}-shop"
    for path in ("snapshot?since=0", preview):
        answer = agent.get(path)
        assert answer.status_code == 200 and b"hunter2" not in answer.content
    (worker,) = [w for w in agent.snapshot().workers if w.name == "shop"]
    assert worker.versions[0].bindings[0].secret == Secret("hunter2-of-shop")
    opened = sealing.open_preview(agent.get(preview).content, agent.key)
    assert opened.version.bindings[0].secret == Secret("hunter2-of-shop")


def test_a_stolen_token_cannot_announce_a_key(shop):
    agent, thief = JoinedAgent("eu-1").joined(group="eu"), JoinedAgent("eu-1")
    key = {edge_keys.HEADER.lower(): sealing.public_key_text(thief.key)}
    answer = agent.get("snapshot?since=0", **key)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_key")
    assert agent.edge.public_key == sealing.public_key_text(agent.key)
    assert edge_keys.OTHER_KEY in agent.edge.agents


def test_the_first_key_of_an_edge_with_a_token_in_its_settings_is_its_key(shop):
    agent = JoinedAgent("local-1", token=register_edge("local-1"))
    edge_groups.move_edge(agent.edge, "eu", **by())
    assert b"hunter2" in agent.get("snapshot?since=0").content  # as an agent of an earlier release
    key = {edge_keys.HEADER.lower(): sealing.public_key_text(agent.key)}
    assert b"hunter2" not in agent.get("snapshot?since=0", **key).content
    assert b"hunter2" not in agent.get("snapshot?since=0").content
    assert AuditEntry.objects.filter(action="edge.key", subject="local-1").count() == 1


def test_a_worker_that_leaves_a_group_is_removed_from_its_edges(shop):
    eu, us = JoinedAgent("eu-1").joined(group="eu"), JoinedAgent("us-1").joined(group="us")
    had = eu.snapshot().revision
    place(shop, "us")
    assert eu.snapshot(had).removed == ("shop",)
    assert names(us.snapshot(had)) == ["shop"]
    now_at = us.snapshot(had).revision
    place(shop)
    assert names(eu.snapshot(now_at)) == ["shop"] and eu.snapshot(had).removed == ()
    place(shop, "eu")
    assert us.snapshot(now_at).removed == ("shop",)
    assert not place(shop, "eu")


def test_a_deleted_worker_is_named_to_its_own_edges_only(shop):
    eu, us = JoinedAgent("eu-1").joined(group="eu"), JoinedAgent("us-1").joined(group="us")
    had = eu.snapshot().revision
    delete_worker(worker=shop, author=None, source="shell", now=timezone.now())
    assert eu.snapshot(had).removed == ("shop",)
    assert us.snapshot(had).removed == ()


def test_an_edge_that_moves_gets_everything_once(shop):
    agent = JoinedAgent("eu-1").joined(group="eu")
    had = agent.snapshot().revision
    assert edge_groups.move_edge(agent.edge, "us", **by())
    whole = agent.snapshot(had)
    assert whole.base is None and names(whole) == ["everywhere"]
    assert agent.get(f"snapshot?since={whole.revision}").status_code == 204
    assert not edge_groups.move_edge(agent.edge, "us", **by())


def test_edges_of_a_group_share_a_document(shop, monkeypatch):
    agents = [JoinedAgent(f"eu-{n}").joined(group="eu") for n in range(3)]
    compiled = []
    publish = edge_documents.publish.publish
    monkeypatch.setattr(
        edge_documents.publish, "publish", lambda *a: compiled.append(a) or publish(*a)
    )
    assert {len(agent.snapshot().workers) for agent in agents} == {2}
    assert len(compiled) == 1


def test_workers_that_call_each_other_are_not_separated_unasked(shop):
    binding = BindingSpec(name="SHOP", type="service", options={"service": "shop"})
    caller = make_version("caller", make_draft(bindings=(binding,))).worker
    make_deployment(caller)
    with pytest.raises(edge_groups.GroupsRefused) as refused:
        place(caller, "us")
    (cut,) = refused.value.cut
    assert (cut.caller, cut.binding, cut.target) == ("caller", "SHOP", "shop")
    assert cut.missing == ("us",)
    place(caller, "eu")
    with pytest.raises(edge_groups.GroupsRefused):
        place(shop, "us")
    assert place(shop, "us", force=True)


@pytest.mark.parametrize("groups", [["E U"], [""], [f"g{n}" for n in range(13)]])
def test_bad_groups_are_refused(shop, groups):
    with pytest.raises(edge_groups.GroupsRefused):
        place(shop, *groups)


def test_groups_are_those_that_edges_and_workers_name(shop):
    JoinedAgent("us-1").joined(group="us")
    assert edge_groups.group_names() == ["default", "eu", "us"]


def test_removing_an_edge_changes_no_group(shop):
    agent = JoinedAgent("eu-1").joined(group="eu")
    edges.remove(agent.edge, by_shell())
    assert Edge.with_removed.get().group == "eu"


def test_the_module_of_a_worker_everywhere_is_open_to_all(shop):
    sha256 = hashlib.sha256(CODE).hexdigest()
    assert JoinedAgent("us-1").joined(group="us").get(f"modules/{sha256}").content == CODE
