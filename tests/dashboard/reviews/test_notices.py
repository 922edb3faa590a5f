"""Who is notified of a review, in the transaction of what happened to it."""

import pytest

from dashboard.notifications.models import OutboxEvent
from dashboard.reviews.proposals.decisions import vote
from dashboard.reviews.proposals.deployment import emergency

pytestmark = pytest.mark.django_db


def told():
    """(event, who did it, whom it names) since the last call."""
    from dashboard.accounts.models import User

    names = dict(User.objects.values_list("pk", "username"))
    found = [
        (event.code, event.actor, sorted(names[pk] for pk in event.people))
        for event in OutboxEvent.objects.order_by("pk")
    ]
    OutboxEvent.objects.all().delete()
    return found


@pytest.fixture
def asked(shop):
    told()
    return shop.propose()


def test_those_who_may_approve_are_asked_and_not_the_author(shop, asked):
    (event,) = OutboxEvent.objects.all()
    assert event.link == f"/reviews/{asked.pk}/" and event.worker == "shop"
    assert told() == [("review.asked", "maya", ["ada", "jonas", "lena"])]


def test_the_author_learns_of_each_word(shop, asked):
    told()
    vote.needs_changes(asked.pk, shop.word(shop.jonas, comment="split it"))
    (event,) = OutboxEvent.objects.all()
    assert "split it" in event.detail
    assert told() == [("review.needs_changes", "jonas", ["maya"])]
    vote.reject(asked.pk, shop.word(shop.lena, comment="no"))
    (event,) = OutboxEvent.objects.all()
    assert event.title == "lena rejected your change of shop"
    assert told() == [("review.rejected", "lena", ["maya"])]


def test_an_approval_is_told_and_a_deployment_voids(shop, asked):
    told()
    shop.policy()  # nothing needs an approval any more: another deployment goes through
    shop.deploy(5)
    assert ("review.void", "", ["maya"]) in told()


def test_an_emergency_deploy_reaches_every_operator(shop, asked):
    told()
    emergency.deploy_now(asked.pk, shop.word(shop.ada, comment="the shop is down"))
    (event,) = OutboxEvent.objects.filter(code="deployed.emergency")
    assert "the shop is down" in event.detail and event.actor == "ada"


def test_a_refused_word_tells_nobody(shop, asked):
    told()
    with pytest.raises(vote.DecisionRefused):
        vote.approve(asked.pk, shop.word(shop.maya))
    assert told() == []
