import json

import pytest
from django.core.management import CommandError, call_command

from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token
from routing.models import AuditEntry, Edge, JoinToken, Worker
from tests.dashboard.edges.registry_helpers import JoinedAgent
from tests.factories import make_edge, make_user, make_worker

pytestmark = pytest.mark.django_db


def run(capsys, *arguments):
    call_command("edge", *arguments)
    return capsys.readouterr().out.strip().splitlines()


def test_an_edge_joins_is_changed_and_removed(capsys):
    secret = run(capsys, "add", "--name", "berlin-1", "--group", "eu")[-1]
    agent = JoinedAgent()
    assert agent.join(secret).status_code == 200
    run(capsys, "rename", "--name", "berlin-1", "--to", "b-1")
    run(capsys, "group", "--name", "b-1", "--to", "us")
    run(capsys, "drain", "--name", "b-1")
    (row,) = json.loads(run(capsys, "list", "--json")[0])
    assert (row["name"], row["group"], row["is_draining"], row["has_key"]) == (
        "b-1",
        "us",
        True,
        True,
    )
    run(capsys, "undrain", "--name", "b-1")
    run(capsys, "renew-token", "--name", "b-1")
    assert agent.report().json() | {"time": 0} == {
        "time": 0,
        "name": "b-1",
        "is_draining": False,
        "renew_token": True,
    }
    other = run(capsys, "join-token", "--name", "b-1", "--for", "10m")[-1]
    assert JoinedAgent(token="sle_of-another-machine").join(other).status_code == 200
    run(capsys, "remove", "--name", "b-1")
    assert run(capsys, "list") == []
    assert AuditEntry.objects.filter(subject="b-1").count() == 8


def test_tokens_overlap(capsys):
    first = run(capsys, "create", "--name", "local-1", "--days", "30")[-1]
    second = run(capsys, "rotate-token", "--name", "local-1", "--overlap", "1h")[-1]
    for token in (first, second):
        assert JoinedAgent(token=token).report().status_code == 200


def test_a_join_token_is_revoked(capsys):
    run(capsys, "add", "--name", "a")
    run(capsys, "revoke-join-token", "--name", "a")
    assert JoinToken.objects.get().revoked_at
    with pytest.raises(CommandError) as refused:
        run(capsys, "revoke-join-token", "--name", "a")
    assert refused.value.returncode == 1


def test_a_worker_is_placed(capsys):
    make_worker("shop")
    run(capsys, "place", "--worker", "shop", "--group", "eu", "--group", "us")
    assert Worker.objects.get().groups == ("eu", "us")
    run(capsys, "place", "--worker", "shop")
    assert Worker.objects.get().groups == ()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "--name", "local-1"), 1),
        (("add", "--name", "new", "--for", "soon"), 2),
        (("rename", "--name", "local-1", "--to", "A B"), 1),
        (("group", "--name", "local-1", "--to", "A B"), 1),
        (("drain", "--name", "nowhere"), 2),
        (("place", "--worker", "nowhere"), 2),
    ],
)
def test_what_cannot_be_done_is_refused(arguments, code):
    make_edge(name="local-1")
    with pytest.raises(CommandError) as refused:
        call_command("edge", *arguments)
    assert refused.value.returncode == code
    assert Edge.objects.get().name == "local-1" and not JoinToken.objects.exists()


def test_the_list_has_what_the_api_has(capsys, client):
    make_edge(name="local-1", clock_offset_ms=-3000, group="eu", agent_version="0.15.0")
    _, token = create_token(user=make_user("ci", Role.VIEWER), name="ci", scopes=["read"])
    answer = client.get("/api/edges", headers={"authorization": f"Bearer {token}"}).json()
    listed = json.loads(run(capsys, "list", "--json")[0])
    for row in (*answer, *listed):
        row.pop("last_seen_at")
    assert listed == answer and answer[0]["reasons"] == ["edge_clock_off"]
    (line,) = run(capsys, "list")
    assert {"local-1", "group eu", "edge_clock_off"} <= set(line.split("  "))
