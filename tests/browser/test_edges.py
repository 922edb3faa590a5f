"""Edges in a browser: one is added and joins while the page is open; the pages on a phone."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.tokens import hash_token
from dashboard.edges.protocol.registration import register_edge
from dashboard.edges.registry.join import create_join_token, join
from dashboard.fleet.duplicates import with_report
from routing import sealing
from routing.models import Edge
from routing.version import VERSION
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SLUICE_SHOTS", "")
PHONE = {"width": 390, "height": 844}


def shoot(page: Any, name: str) -> None:
    """A picture to look at the page; none in a test run."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def joins(secret: str) -> None:
    """As an agent does, without a request: this thread has Playwright's loop."""
    body = {
        "credential_sha256": hash_token(secret[::-1]),
        "public_key": sealing.public_key_text(X25519PrivateKey.generate()),
    }
    join(f"Bearer {secret}", json.dumps(body).encode(), timezone.now())


@pytest.fixture
def fleet(transactional_db: None) -> None:
    """An edge in order, one with every warning, and one that drains."""
    make_user("ada", Role.ADMIN)
    now = timezone.now()
    for name in ("berlin-1", "berlin-2"):
        created = create_join_token(name, Actor(None, "shell", now), group="eu")
        joins(created.secret)
    reports = {"last_seen_on": now, "agent_version": VERSION, "clock_offset_ms": 3}
    Edge.objects.update(**reports)
    Edge.objects.filter(name="berlin-2").update(draining_at=now)
    register_edge("local-1")
    agents: dict[str, Any] = {}
    for seconds, instance in ((10, "a"), (8, "b"), (5, "a"), (3, "b")):
        at = now - timedelta(seconds=seconds)
        agents = with_report(agents, instance, f"host-{instance}", "192.0.2.1", at)
    Edge.objects.filter(name="local-1").update(
        agents=agents, last_seen_on=now, clock_offset_ms=4200, plain_http=True
    )


def test_an_edge_joins_while_the_page_is_open(visitors: Any, fleet: None) -> None:
    visitor = visitors()
    visitor.enter("ada")
    page = visitor.open("/edges/add/")
    page.get_by_label("Name").fill("paris-1")
    page.get_by_label("Group").fill("eu")
    shoot(page, "edges-add")
    page.get_by_role("button", name="Create join token").click()
    expect(page.locator('[data-join-state="waiting"]')).to_be_visible()
    secret = page.get_by_label("Join token", exact=True).input_value()
    assert visitor.axe() == [] and not visitor.spills()
    shoot(page, "edges-join-token")
    joins(secret)
    expect(page.locator('[data-join-state="joined"]')).to_be_visible()
    page.get_by_role("link", name="Open paris-1").click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_label("Type paris-1").fill("paris-1")
    shoot(page, "edges-remove")
    page.get_by_role("button", name="Remove paris-1").click()
    expect(page.locator('[data-edge="paris-1"]')).to_have_count(0)
    assert not Edge.objects.filter(name="paris-1").exists()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": PHONE}),
    ],
)
def test_the_pages_are_accessible_and_fit(
    visitors: Any, fleet: None, name: str, options: dict[str, Any]
) -> None:
    visitor = visitors(**options)
    visitor.enter("ada")
    for path, shot in (("/edges/", "list"), ("/edges/at/local-1/", "edge")):
        page = visitor.open(path)
        shoot(page, f"edges-{shot}-{name}")
        assert visitor.axe() == [] and not visitor.spills()
