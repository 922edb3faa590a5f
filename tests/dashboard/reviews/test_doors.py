"""The doors that scripts use: manage.py review, /api/ and the Cloudflare-compatible API."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard.accounts.models import Role
from dashboard.api.sluice import reviews as api_reviews
from dashboard.reviews.management.commands import review as review_command
from dashboard.reviews.proposals.decisions.vote import DecisionInput, withdraw
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved
from dashboard.reviews.proposals.models import Proposal, State
from dashboard.workers.reviews import views as review_pages
from routing.models import AuditEntry
from tests.dashboard.api.conftest import Api
from tests.dashboard.reviews.conftest import Reviewed
from tests.factories import make_user


def review(*words: str) -> tuple[Any, int]:
    """What the command says in JSON, and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("review", *words, "--json", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    except CommandError as error:
        return str(error), error.returncode
    return json.loads(out.getvalue()), code


@pytest.fixture
def ci(shop: Reviewed) -> Api:
    return Api(make_user("ci", Role.OPERATOR), ["read", "deploy"])


def body(shop: Reviewed, percentage: int = 20) -> dict[str, Any]:
    versions = [
        {"version_id": str(shop.candidate.id), "percentage": percentage},
        {"version_id": str(shop.stable.id), "percentage": 100 - percentage},
    ]
    return {"strategy": "percentage", "versions": versions}


def test_the_api_answers_403_in_the_envelope_with_the_link(shop: Reviewed, ci: Api) -> None:
    answer = ci("POST", "/workers/scripts/shop/deployments", body(shop))
    assert answer.refusal == (403, 90005)
    (listed,), _ = review("list")
    assert listed["url"] in answer.message and "Missing: 1 approval" in answer.message
    assert shop.live() == {1: 100_000}


def test_the_command_shows_approves_waits_and_exits_for_scripts(shop: Reviewed) -> None:
    proposal = shop.propose()
    shown, code = review("show", str(proposal.pk)[:8])
    assert (shown["state"], shown["missing"], code) == ("open", 1, 3)
    assert review("wait", shown["url"], "--timeout", "0")[1] == 3
    assert review("approve", "--worker", "shop", "--user", "maya")[1] == 1
    assert review("approve", "--worker", "shop")[1] == 2
    approved, code = review("approve", "--worker", "shop", "--user", "jonas", "--comment", "Fine.")
    assert (approved["approved_by"], code) == (["jonas"], 0)
    assert approved["decisions"][0]["comment"] == "Fine."
    deploy_approved(proposal.pk)
    waited, code = review("wait", str(proposal.pk))
    assert (waited["state"], code) == ("deployed", 0)
    assert waited["deployment_id"]


def test_the_list_of_a_person_is_what_waits_for_them(shop: Reviewed) -> None:
    proposal = shop.propose()
    assert [row["id"] for row in review("list", "--user", "jonas")[0]] == [str(proposal.pk)]
    assert review("list", "--user", "maya")[0] == []
    assert review("show", "--worker", "shop", "--user", "jonas")[0]["waits_for_user"] is True
    assert review("list", "--user", "nobody")[1] == 2


@pytest.mark.parametrize(("verb", "user"), [("reject", "jonas"), ("withdraw", "maya")])
def test_a_pipeline_fails_where_the_change_does_not_go_live(
    shop: Reviewed, verb: str, user: str
) -> None:
    proposal = shop.propose()
    review(verb, str(proposal.pk), "--user", user, "--comment", "Not today.")
    waited, code = review("wait", str(proposal.pk))
    assert code == 1 and "Not today." in waited["reason"]
    assert AuditEntry.objects.get(action=f"review.{waited['state']}").actor == user


def test_an_unknown_review_is_bad_usage(shop: Reviewed) -> None:
    assert review("show", "1234")[1] == 2
    assert review("show")[1] == 2


def test_our_api_lists_reads_and_withdraws_and_lets_no_token_decide(
    shop: Reviewed, ci: Api
) -> None:
    proposal = shop.propose(author=ci.token.user)
    path = f"/workers/shop/reviews/{proposal.pk}"
    listed = ci.raw("GET", "/reviews", prefix="/api").json()
    assert [row["id"] for row in listed] == [str(proposal.pk)]
    assert ci.raw("GET", path, prefix="/api").json()["events"][0]["code"] == "asked"
    refused = ci.raw("POST", f"{path}/approve", {}, prefix="/api")
    assert (refused.status_code, refused.json()["error"]) == (403, "token")
    assert ci.raw("POST", f"{path}/merge", {}, prefix="/api").status_code == 404
    withdrawn = ci.raw("POST", f"{path}/withdraw", {"comment": "Wrong."}, prefix="/api")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, State.WITHDRAWN)
    again = ci.raw("POST", f"{path}/withdraw", {}, prefix="/api")
    assert (again.status_code, again.json()["error"]) == (409, "ended")


def test_no_token_changes_a_policy(shop: Reviewed, ci: Api) -> None:
    path, rules = "/workers/shop/policy", [{"trigger": "full", "approvals": 2}]
    before = ci.raw("GET", path, prefix="/api").json()
    assert before["rules"][0]["trigger"] == "above"
    assert ci.raw("PUT", path, {"rules": rules}, prefix="/api").status_code == 403
    refused = Api(shop.ada, ["admin"]).raw("PUT", path, {"rules": rules}, prefix="/api")
    assert (refused.status_code, refused.json()["error"]) == (403, "token")
    assert ci.raw("GET", path, prefix="/api").json() == before


def test_a_review_that_is_deleted_meanwhile_is_gone(
    shop: Reviewed, ci: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with its Worker, between looking it up and deciding."""

    def too_late(proposal_id: UUID, word: DecisionInput) -> Proposal:
        Proposal.objects.filter(pk=proposal_id).delete()
        return withdraw(proposal_id, word)

    for door in (api_reviews, review_pages, review_command):
        monkeypatch.setitem(door.ACTS, "withdraw", too_late)
    path = f"/workers/shop/reviews/{shop.propose(20).pk}/withdraw"
    answer = ci.raw("POST", path, {}, prefix="/api")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_review")
    client = Client()
    client.force_login(shop.ada)
    assert client.post(f"/reviews/{shop.propose(30).pk}/withdraw/").status_code == 404
    assert review("withdraw", str(shop.propose(40).pk), "--user", "ada")[1] == 2
