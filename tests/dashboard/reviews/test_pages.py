"""The inbox, the review page, the policy page, and the doors of the other pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.accounts.models import Role, User
from dashboard.fleet import deployment_cache
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.policies.policy import Rule, Trigger
from dashboard.reviews.proposals.deployment import emergency
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved
from dashboard.reviews.proposals.models import Proposal, State
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.suites.edits import save
from dashboard.smoketests.suites.yaml_format import read_suite
from routing.models import AuditEntry
from tests.dashboard.reviews.conftest import Reviewed
from tests.factories import make_deployment, make_user, make_version, make_worker

VERBS = ("approve", "needs-changes", "reject", "withdraw", "emergency", "acknowledge")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, proposal: Proposal, verb: str, **sent: Any) -> Any:
    address = reverse("reviews:decide", args=[proposal.pk, verb])
    return signed_in(user).post(address, {"round": proposal.round} | sent)


def shown(user: User, proposal: Proposal) -> str:
    answer = signed_in(user).get(reverse("reviews:detail", args=[proposal.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_form_of_a_split_leads_to_the_review_it_became(shop: Reviewed) -> None:
    active = shop.worker.deployments.newest_first()[0]
    sent = {"version": shop.candidate.id, "percentage": "20", "expected": active.id}
    answer = signed_in(shop.maya).post(reverse("workers:split", args=["shop"]), sent)
    proposal = Proposal.objects.get()
    assert answer.url == reverse("reviews:detail", args=[proposal.pk])  # type: ignore[attr-defined]
    assert shop.live() == {1: 100_000}


def test_a_form_says_what_the_policy_asks_before_it_is_sent(shop: Reviewed) -> None:
    form = reverse("workers:split", args=["shop"])
    maya, chosen = signed_in(shop.maya), f"?version={shop.candidate.id}&percentage="
    asks, stages = (maya.get(form + chosen + share).content.decode() for share in ("20", "0"))
    assert "Needs 1 approval from reviewers (above 0%)" in asks and "Ask for review" in asks
    assert "data-review" not in stages


def test_a_reviewer_approves_on_the_page(
    shop: Reviewed, django_capture_on_commit_callbacks: Any
) -> None:
    proposal = shop.propose()
    page = shown(shop.jonas, proposal)
    assert "Needs 1 more approval" in page and 'id="decision-form"' in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(shop.jonas, proposal, "approve", comment="Same totals.")
    assert answer.status_code == 302
    assert shop.live() == {1: 80_000, 2: 20_000}
    assert "Same totals." in shown(shop.maya, proposal)


@pytest.mark.parametrize("verb", VERBS)
def test_a_viewer_reads_and_decides_nothing(shop: Reviewed, verb: str) -> None:
    proposal, vera = shop.propose(), make_user("vera", Role.VIEWER)
    page = shown(vera, proposal)
    assert 'id="decision-form"' not in page and "data-problem" in page
    assert post(vera, proposal, verb, comment="x").status_code in (403, 409)
    assert shop.now(proposal).state == State.OPEN
    assert AuditEntry.objects.filter(action="review.refused", actor="vera").count() == 1


@pytest.mark.parametrize("address", ["try", "again"])
def test_a_viewer_sends_no_checks_and_asks_for_nothing(shop: Reviewed, address: str) -> None:
    vera = signed_in(make_user("vera", Role.VIEWER))
    answer = vera.post(reverse(f"reviews:{address}", args=[shop.propose().pk]))
    assert answer.status_code == 403


def test_the_author_sees_why_the_approval_would_not_count(shop: Reviewed) -> None:
    shop.maya.role = Role.REVIEWER
    shop.maya.save()
    proposal = shop.propose()
    assert "This is your own change" in shown(shop.maya, proposal)
    assert post(shop.maya, proposal, "approve").status_code == 403


def test_who_read_an_earlier_round_gets_the_new_one_and_keeps_the_comment(shop: Reviewed) -> None:
    proposal = shop.propose()
    shop.propose(30)
    answer = post(shop.jonas, proposal, "approve", comment="Looks fine to me")
    assert answer.status_code == 409
    assert "was changed since you read it" in answer.content.decode()
    assert "Looks fine to me" in answer.content.decode()


def test_a_void_request_says_why_and_is_asked_again_with_one_click(shop: Reviewed) -> None:
    proposal = shop.propose()
    shop.deploy(0, author=shop.ada, source="dashboard")
    page = shown(shop.maya, proposal)
    assert "ada deployed this Worker in the meantime" in page and "Ask again" in page
    mine = signed_in(shop.maya).get(reverse("reviews:inbox") + "?show=mine").content.decode()
    assert "is-void" in mine and "ada deployed this Worker" in mine
    answer = signed_in(shop.maya).post(reverse("reviews:again", args=[proposal.pk]))
    fresh = Proposal.objects.get(state=State.OPEN)
    assert answer.url == reverse("reviews:detail", args=[fresh.pk])  # type: ignore[attr-defined]
    assert fresh.from_deployment_id != proposal.from_deployment_id


def test_try_it_first_sends_the_checks_as_me_and_goes_with_my_vote(shop: Reviewed) -> None:
    text = "name: smoke\nchecks:\n  - name: home\n    assert: [{status: 200}]\n"
    save(
        worker=shop.worker,
        document=read_suite(text),
        author=shop.maya,
        source="dashboard",
        now=timezone.now(),
    )
    proposal = shop.propose()
    signed_in(shop.jonas).post(reverse("reviews:try", args=[proposal.pk]), {"suite": "smoke"})
    run = SmokeRun.objects.get()
    assert (run.author, run.version) == (shop.jonas, shop.candidate)
    SmokeRun.objects.update(state=SmokeRun.State.PASSED)
    assert "Your decision will include this run." in shown(shop.jonas, proposal)
    post(shop.jonas, proposal, "approve")
    decision = shop.now(proposal).decisions.get()
    assert (decision.proof["run"], decision.proof["state"]) == (str(run.pk), "passed")


def test_the_inbox_groups_and_counts_what_waits_for_each_person(shop: Reviewed) -> None:
    proposal = shop.propose()
    inbox = reverse("reviews:inbox")
    mine = signed_in(shop.maya).get(f"{inbox}?show=mine").content.decode()
    assert "Requested by you" in mine and "nav-count" not in mine
    waiting = signed_in(shop.jonas).get(inbox).content.decode()
    assert "Waiting for you" in waiting and "nav-count" in waiting
    shop.approve(proposal, shop.jonas)
    assert "Waiting for you <" not in signed_in(shop.jonas).get(inbox).content.decode()


def test_the_inbox_takes_constant_queries(shop: Reviewed) -> None:
    client, counts = signed_in(shop.jonas), []
    shop.propose()
    for number in range(3):
        other = make_worker(f"other-{number}")
        make_deployment(other)
        scene = Reviewed(
            other, other.versions.get(), make_version(other, author=shop.maya), *people(shop)
        )
        scene.policy(Rule(Trigger.ABOVE))
        scene.propose()
        deployment_cache.forget()
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("reviews:inbox") + "?show=open")
        counts.append(len(queries))
    assert counts[1] == counts[2]


def people(shop: Reviewed) -> tuple[User, ...]:
    return shop.maya, shop.jonas, shop.lena, shop.ada


def test_an_emergency_stays_on_the_worker_until_a_reviewer_acknowledges_it(
    shop: Reviewed,
) -> None:
    proposal = shop.propose()
    assert post(shop.ada, proposal, "emergency").status_code == 422
    assert post(shop.ada, proposal, "emergency", comment="Cards fail.").status_code == 302
    deploy_approved(proposal.pk)
    for route in ("workers:detail", "workers:versions"):
        banner = signed_in(shop.maya).get(reverse(route, args=["shop"])).content.decode()
        assert "data-emergency" in banner and "Cards fail." in banner
    assert (
        "Emergency deploy" in signed_in(shop.jonas).get(reverse("reviews:inbox")).content.decode()
    )
    assert post(shop.jonas, proposal, "acknowledge").status_code == 302
    assert emergency.unacknowledged_emergencies() == []
    page = signed_in(shop.maya).get(reverse("workers:detail", args=["shop"])).content.decode()
    assert "data-emergency" not in page


def form(shop: Reviewed, **changes: str) -> dict[str, str]:
    """What the policy form of the Worker sends as it stands."""
    page = signed_in(shop.ada).get(reverse("policies:worker", args=["shop"]))
    sent = {"rows": str(len(page.context["rows"])), "emergency": "on"}
    for row in page.context["rows"]:
        names = ("trigger", "approvals", "above", "role", "people", "valid_for", "hours")
        sent |= {f"{name}-{row.index}": str(getattr(row, name)) for name in names}
    return sent | changes


def test_an_admin_saves_a_policy_on_the_page(shop: Reviewed) -> None:
    address = reverse("policies:worker", args=["shop"])
    before = effective(shop.worker).policy
    signed_in(shop.ada).post(address, form(shop))
    assert effective(shop.worker).policy == before
    sent = form(shop)
    full = next(key[8:] for key, value in sent.items() if value == "full")
    sent |= {f"approvals-{full}": "2", f"people-{full}": "jonas, lena", f"own-{full}": "1"}
    signed_in(shop.ada).post(address, sent)
    rule = effective(shop.worker).policy.rules[-1]
    assert (rule.trigger, rule.approvals, rule.people, rule.own) == (
        Trigger.FULL,
        2,
        ("jonas", "lena"),
        True,
    )


def test_others_read_and_try_a_policy_and_save_none(shop: Reviewed) -> None:
    address = reverse("policies:worker", args=["shop"])
    sent, before = form(shop), effective(shop.worker).edit
    assert signed_in(shop.jonas).post(address, sent).status_code == 403
    tried = signed_in(shop.jonas).post(address, sent | {"look": "1"})
    assert tried.status_code == 200
    assert effective(shop.worker).edit == before


def test_trying_a_policy_says_what_it_would_have_asked(shop: Reviewed) -> None:
    shop.policy()
    shop.deploy(20)
    shop.deploy(100)
    shop.deploy(shares=[(str(shop.stable.id), 100)])
    sent = form(shop)
    full = next(key[8:] for key, value in sent.items() if value == "full")
    tried = signed_in(shop.ada).post(
        reverse("policies:worker", args=["shop"]), sent | {f"approvals-{full}": "2", "look": "1"}
    )
    rows = tried.context["preview"].rows
    assert [(row.needs, row.rule) for row in rows] == [
        (0, "way back"),
        (2, "to 100%"),
        (0, "no rule"),
        (2, "to 100%"),
    ]
    assert effective(shop.worker).policy.rules == ()


def test_a_wrong_row_keeps_what_was_typed_beside_its_error(shop: Reviewed) -> None:
    sent = form(shop, **{"valid_for-0": "soon"})
    answer = signed_in(shop.ada).post(reverse("policies:worker", args=["shop"]), sent)
    assert answer.status_code == 422
    assert answer.context["rows"][0].error and answer.context["rows"][0].valid_for == "soon"
