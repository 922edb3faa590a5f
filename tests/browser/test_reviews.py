"""Reviews in a browser: three people side by side, and nothing for axe-core to find."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.reviews import gate
from dashboard.reviews.policies import edits
from dashboard.reviews.policies.policy import Policy, Rule, Trigger
from dashboard.reviews.proposals.models import Proposal, State
from dashboard.smoketests.suites.edits import import_suite
from routing.control.deploy import active_deployment
from routing.models import Version, Worker
from routing.snapshot import BindingSpec
from tests.factories import make_deployment, make_draft, make_user, make_version, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESKTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def checkout(transactional_db: None) -> Worker:
    """#1 live, #2 staged by maya; one reviewer approves whatever gets traffic."""
    maya = make_user("maya", Role.OPERATOR)
    make_user("lena", Role.REVIEWER)
    ada = make_user("ada", Role.ADMIN)
    worker = make_worker("checkout")
    make_deployment(worker, (worker.versions.get(), 100))
    bound = make_draft(
        CHANGED,
        [BindingSpec(name="LIMIT", type="plain_text", options={"text": "5"})],
        tag="v1.42.0",
    )
    make_version(worker, bound, author=maya)
    import_suite(
        worker=worker,
        text="name: smoke\nchecks: [{name: home}]",
        author=maya,
        source="shell",
        now=timezone.now(),
    )
    rules = (Rule(Trigger.ABOVE), Rule(Trigger.BINDING))
    edits.save(worker, lambda _: Policy(rules), Actor(ada, "shell", timezone.now()))
    return worker


CHANGED = b"export default {\n  async fetch() {\n    return new Response('twice');\n  }\n};\n"


def propose(worker: Worker, percentage: int = 20) -> Proposal:
    first, second = worker.versions.order_by("number")[:2]
    shares = [(str(second.id), percentage), (str(first.id), 100 - percentage)]
    with pytest.raises(gate.ReviewNeeded):
        gate.deploy(
            worker=worker,
            by_token=True,
            shares=shares,
            author=second.author,
            source="wrangler",
            now=timezone.now(),
            message="Retries a card once.",
        )
    return Proposal.objects.get()


def live(worker: Worker) -> dict[int, int]:
    active = active_deployment(worker)
    return {s.version.number: s.weight for s in active.shares.all()} if active else {}


def test_three_people_from_the_proposal_to_live(visitors: Any, checkout: Worker) -> None:
    maya, lena, ada = (visitors(viewport=DESKTOP) for _ in range(3))
    for visitor, name in ((maya, "maya"), (lena, "lena"), (ada, "ada")):
        visitor.enter(name)
    candidate = Version.objects.get(number=2)
    page = maya.open(f"/workers/checkout/split/?version={candidate.pk}&percentage=20")
    page.get_by_role("button", name="Step up to 20%").or_(page.locator("[data-send]")).first.click()
    page.get_by_text("Needs 1 more approval").wait_for()
    proposal = Proposal.objects.get()

    page = lena.open("/reviews/")
    page.get_by_role("link", name="Review checkout").click()
    page.get_by_label("Comment").fill("Log each 503 first.")
    page.get_by_role("button", name="Needs changes").click()
    page.get_by_text("requested changes").wait_for()

    page = maya.open(f"/workers/checkout/split/?version={candidate.pk}&percentage=10")
    page.locator("[data-send]").click()
    page.get_by_text("requested it again: round 2").wait_for()

    page = ada.open(f"/reviews/{proposal.pk}/")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("The resulting deployment").wait_for()
    assert live(checkout) == {2: 10_000, 1: 90_000}
    assert Proposal.objects.get().state == State.DEPLOYED
    lena.open(f"/reviews/{proposal.pk}/").get_by_text("approved", exact=False).first.wait_for()


@pytest.mark.parametrize(
    ("theme", "size"),
    [("light", DESKTOP), ("dark", PHONE)],
    ids=["light-desktop", "dark-phone"],
)
def test_axe_finds_nothing(visitors: Any, checkout: Worker, theme: str, size: Any) -> None:
    visitor = visitors(color_scheme=theme, viewport=size)
    visitor.enter("ada")
    own, found = f"/reviews/{propose(checkout).pk}/", {}
    for path in ("/reviews/", own, "/policies/checkout/"):
        visitor.open(path)
        found[path] = [*visitor.axe(), *(["spills"] if visitor.spills() else [])]
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_a_decision_needs_no_script(visitors: Any, checkout: Worker) -> None:
    visitor = visitors(java_script_enabled=False, viewport=PHONE)
    visitor.enter("lena")
    page = visitor.open(f"/reviews/{propose(checkout).pk}/")
    page.get_by_label("Comment").fill("Not on a Friday.")
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("lena rejected it.").first.wait_for()
    assert live(checkout) == {1: 100_000}
