import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.edges.registry import edges
from dashboard.edges.registry.join import LONGEST, create_join_token, revoke_join_token
from dashboard.edges.registry.names import EdgeRefused
from routing.models import AuditEntry, Edge, EdgeToken, JoinToken
from tests.dashboard.edges.registry_helpers import JoinedAgent, by_shell
from tests.factories import make_edge

pytestmark = pytest.mark.django_db


def test_an_agent_joins_with_credentials_of_its_own():
    created = create_join_token("berlin-1", by_shell(), group="eu")
    assert not Edge.objects.exists()
    agent = JoinedAgent()
    answer = agent.join(created.secret)
    assert (answer.status_code, answer.json()) == (200, {"name": "berlin-1", "group": "eu"})
    assert agent.get("snapshot?since=0").status_code == 200
    stored = str(list(JoinToken.objects.values()) + list(EdgeToken.objects.values()))
    assert created.secret not in stored and agent.token not in stored
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"edge.invite", "edge.join"}


def test_a_join_token_works_once_but_a_lost_answer_is_repeated():
    created = create_join_token("berlin-1", by_shell())
    agent = JoinedAgent()
    assert agent.join(created.secret).status_code == agent.join(created.secret).status_code == 200
    assert Edge.objects.count() == EdgeToken.objects.count() == 1
    other = JoinedAgent("berlin-1", token="sle_of-somebody-else")
    assert other.join(created.secret).status_code == 401
    assert other.get("snapshot?since=0").status_code == 401


def test_an_expired_or_revoked_join_token_is_refused():
    expired = create_join_token("a", by_shell())
    JoinToken.objects.update(expires_at=timezone.now())
    revoked = create_join_token("b", by_shell())
    assert revoke_join_token(revoked.row, by_shell())
    assert not revoke_join_token(revoked.row, by_shell())
    for created in (expired, revoked):
        assert JoinedAgent().join(created.secret).status_code == 401
    assert JoinedAgent().join("slj_unknown").status_code == 401
    assert not Edge.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"public_key": "AAAA"}, {"credential_sha256": "xyz"}, {"credential_sha256": "00"}]
)
def test_a_broken_request_leaves_the_join_token_valid(changes):
    created = create_join_token("berlin-1", by_shell())
    assert JoinedAgent().join(created.secret, **changes).status_code == 400
    assert JoinedAgent().join(created.secret).status_code == 200


def test_an_agent_joins_again_with_another_key_and_the_old_token_ends():
    lost = JoinedAgent().joined()
    found = JoinedAgent(token="sle_of-the-new-machine").joined(edge=lost.edge)
    assert Edge.objects.count() == 1
    assert lost.get("snapshot?since=0").status_code == 401
    assert found.snapshot().revision == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Berlin 1"}, "name"),
        ({"name": "local-1"}, "name"),
        ({"name": "joining"}, "name"),
        ({"group": "E U"}, "group"),
        ({"lasts": LONGEST + timedelta(seconds=1)}, "lasts"),
        ({"lasts": timedelta(0)}, "lasts"),
    ],
)
def test_a_bad_invitation_names_its_field(given, field):
    make_edge(name="local-1")
    create_join_token("joining", by_shell())
    with pytest.raises(EdgeRefused) as refused:
        create_join_token(**({"name": "new", "by": by_shell()} | given))
    assert refused.value.field == field


def test_rename_drain_and_remove_are_recorded_once():
    edge = make_edge(name="local-1")
    assert edges.rename(edge, "berlin-1", by_shell()) and not edges.rename(
        edge, "berlin-1", by_shell()
    )
    assert edges.drain(edge, by_shell(), on=True) and not edges.drain(edge, by_shell(), on=True)
    assert edges.drain(edge, by_shell(), on=False)
    assert edges.remove(edge, by_shell()) and not edges.remove(edge, by_shell())
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))
    named = [(f"edge.{action}", "berlin-1") for action in ("rename", "drain", "undrain", "remove")]
    assert actions == named


def test_a_removed_edge_is_told_so_and_keeps_its_history():
    agent = JoinedAgent().joined()
    agent.report()
    edges.remove(agent.edge, by_shell())
    answer = agent.get("snapshot?since=0")
    assert (answer.status_code, answer.json()["code"]) == (410, "edge_removed")
    assert agent.report().status_code == 410
    assert Edge.with_removed.get().last_seen_on and not Edge.objects.exists()
    JoinedAgent(token="sle_of-the-next-one").joined()
    assert Edge.objects.count() == 1 and Edge.with_removed.count() == 2


def test_a_name_taken_meanwhile_refuses_the_join():
    created = create_join_token("berlin-1", by_shell())
    make_edge(name="berlin-1")
    assert JoinedAgent().join(created.secret).status_code == 409


def test_the_token_is_stored_as_a_hash_for_older_releases_too():
    agent = JoinedAgent().joined()
    assert agent.edge.token_sha256 == hashlib.sha256(agent.token.encode()).hexdigest()
