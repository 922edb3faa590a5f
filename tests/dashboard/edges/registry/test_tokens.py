from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.tokens import hash_token
from dashboard.edges.protocol.registration import register_edge
from dashboard.edges.registry import tokens
from dashboard.edges.registry.tokens import TokenState, sign_in
from routing import sealing
from routing.models import Edge, EdgeToken
from tests.dashboard.edges.registry_helpers import JoinedAgent, by_shell
from tests.factories import make_edge

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def state(secret, later=timedelta()):
    return sign_in(f"Bearer {secret}", timezone.now() + later).state


def test_while_one_token_replaces_another_both_are_valid():
    old = register_edge("local-1")
    assert state(old) is TokenState.valid
    new = tokens.rotate(Edge.objects.get(), by_shell(), overlap=DAY, lasts=30 * DAY)
    assert state(old) is state(new) is TokenState.valid
    assert state(old, later=2 * DAY) is TokenState.expired
    assert state(new, later=2 * DAY) is TokenState.valid
    assert state(new, later=31 * DAY) is TokenState.expired


def test_creating_an_edge_again_ends_its_earlier_token():
    first = register_edge("local-1")
    second = register_edge("local-1", lasts=DAY)
    assert (state(first), state(second)) == (TokenState.expired, TokenState.valid)
    assert state(second, later=DAY) is TokenState.expired


def test_a_token_of_an_earlier_release_is_adopted():
    edge = make_edge(token_sha256=hash_token("sle_old"))
    assert state("sle_old") is TokenState.valid
    assert edge.tokens.get().created_at == edge.created_on
    # The earlier release replaces it, while both releases run.
    Edge.objects.update(token_sha256=hash_token("sle_newer"))
    assert state("sle_newer") is TokenState.valid
    assert state("sle_old") is TokenState.expired


def test_two_requests_that_adopt_a_token_at_once_leave_it_valid():
    make_edge(token_sha256=hash_token("sle_old"))
    for _ in range(2):  # each found no row before
        tokens._adopt(hash_token("sle_old"), timezone.now())
    assert state("sle_old") is TokenState.valid


def test_the_last_use_is_recorded_once_a_minute():
    secret = register_edge("local-1")
    now = timezone.now()
    for seconds in (0, 30, 59, 61):
        sign_in(f"Bearer {secret}", now + timedelta(seconds=seconds))
    assert EdgeToken.objects.get().last_used_at == now + timedelta(seconds=61)


@pytest.mark.parametrize("text", ["", "Bearer", "Basic x", "Bearer unknown", "Bearer é"])
def test_anything_else_is_unknown(text):
    assert sign_in(text, timezone.now()).state is TokenState.unknown


def renewed(agent):
    return agent.client().post("/edge/v1/token")


def test_an_agent_renews_a_token_that_ends_soon():
    agent = JoinedAgent().joined()
    assert renewed(agent).status_code == 403
    assert not agent.report().json()["renew_token"]
    EdgeToken.objects.update(expires_at=timezone.now() + tokens.RENEW_WITHIN - DAY)
    assert agent.report().json()["renew_token"]
    new = sealing.open_token(renewed(agent).json()["sealed_token"], agent.key).reveal()
    assert state(new) is state(agent.token) is TokenState.valid
    assert state(agent.token, later=tokens.OVERLAP) is TokenState.expired
    assert state(new, later=tokens.LIFETIME - DAY) is TokenState.valid


def test_an_admin_makes_an_agent_renew_its_token():
    agent = JoinedAgent().joined()
    tokens.request_renewal(agent.edge, by_shell())
    assert agent.report().json()["renew_token"]
    agent.token = sealing.open_token(renewed(agent).json()["sealed_token"], agent.key).reveal()
    assert not agent.report().json()["renew_token"]


def test_a_renewal_whose_answer_was_lost_ends_with_the_next(db):
    agent = JoinedAgent().joined()
    tokens.request_renewal(agent.edge, by_shell())
    lost = sealing.open_token(renewed(agent).json()["sealed_token"], agent.key).reveal()
    EdgeToken.objects.exclude(sha256=hash_token(lost)).update(expires_at=timezone.now() + DAY)
    assert renewed(agent).status_code == 200
    assert state(lost) is TokenState.expired


def test_an_edge_without_a_key_gets_no_renewal():
    secret = register_edge("local-1")
    tokens.request_renewal(Edge.objects.get(), by_shell())
    assert renewed(JoinedAgent(token=secret)).status_code == 403
