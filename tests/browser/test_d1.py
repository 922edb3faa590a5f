"""The pages of Storage in a real browser, with a real state process."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.storage import kv, namespaces
from dashboard.storage.client import state_client
from dashboard.storage.d1 import databases
from dashboard.storage.d1.query import Statement, run
from dashboard.storage.queues import queue_messages, queues
from dashboard.storage.queues.queue_messages import Message
from dashboard.storage.secret_stores import stored_secrets
from dashboard.storage.secret_stores.stored_secrets import SecretFields
from routing.compile.workerd.binding_types.send_email import rules_id
from routing.models import StateNamespace
from routing.snapshot import BindingSpec, Secret
from routing.state_access import state_key
from tests.factories import make_user
from tests.state_process import KEY, state_process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROWS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) "
    "INSERT INTO orders (customer, total, note, photo) SELECT 'Customer ' || i, i * 1.25, "
    "iif(i % 3, 'Leave it at the door, ring twice and do not bend it; number ' || i, NULL), "
    "iif(i % 4, NULL, x'010203') FROM n"
)
SCHEMA = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL, note TEXT, photo)",
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE VIEW large_orders AS SELECT * FROM orders WHERE total > 50",
)


@pytest.fixture(scope="module")
def state_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with state_process(Path(tmp_path_factory.mktemp("state"))) as process:
        yield process.url


@pytest.fixture
def database(transactional_db: None, settings: object, state_url: str) -> Iterator[StateNamespace]:
    settings.STATE_URL, settings.STATE_KEYS = state_url, [state_key(KEY)]  # type: ignore[attr-defined]
    make_user("root", Role.ADMIN)
    made = databases.create(f"shop-{os.urandom(3).hex()}", Actor(None, "shell", timezone.now()))
    run(made.key, [Statement(sql) for sql in (*SCHEMA, ROWS)])
    return made


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_tables_rows_and_a_query_that_writes(visitors, database, theme, width):
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter("root")
    sessions = namespaces.create("kv", "SESSIONS", Actor(None, "shell", timezone.now()))
    kv.put(sessions.key, "user:1", b"x", metadata={"n": 1})
    for address in ("/storage/", f"/storage/kv/{sessions.key}/"):
        visitor.open(address)
        assert visitor.axe() == [] and not visitor.spills()
    page = visitor.open(f"/storage/d1/{database.key}/?table=orders")
    page.get_by_role("button", name="Delete…").click()
    assert visitor.axe() == [] and not visitor.spills()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Rows 51 to 100")).to_be_visible()
    page.get_by_label("SQL").fill("UPDATE orders SET note = '' WHERE id <= 7")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("This changes 7 rows")).to_be_visible()
    assert visitor.axe() == [] and not visitor.spills()
    page.get_by_role("button", name="Change the data").click()
    expect(page.get_by_text("Done: 7 rows changed")).to_be_visible()
    page.get_by_label("SQL").fill("SELECT id, total FROM orders LIMIT 3; SELECT 'x' AS y")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("[data-result]")).to_have_count(2)
    assert visitor.axe() == [] and not visitor.spills()


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_a_queue_is_paused_and_purged(visitors, database, theme, width):
    by = Actor(None, "shell", timezone.now())
    queue = queues.create(f"jobs-{os.urandom(3).hex()}", {}, by)
    queue_messages.send(queue, [Message({"order": n, "note": "x" * 200}) for n in range(30)])
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter("root")
    page = visitor.open(f"/storage/queue/{queue.key}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    page.get_by_text("Purge…").click()
    assert visitor.axe() == [] and not visitor.spills()
    page.get_by_role("button", name="Purge").click()
    expect(page.get_by_role("heading", name="No messages")).to_be_visible()
    assert visitor.axe() == [] and not visitor.spills()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_dataset_a_secrets_store_and_sent_mail(visitors, database, theme, width):
    by, name = Actor(None, "shell", timezone.now()), f"visits_{os.urandom(3).hex()}"
    StateNamespace.objects.create(kind="dataset", key=name, title=name, created_at=by.now)
    at = by.now.timestamp()
    points = [
        {"t": at - 60 * n, "i": "shop", "b": ["GET", "/a/long/path" * 5], "d": [n / 7]}
        for n in range(50)
    ]
    state_client().request("dataset", name, "POST", "/points", json={"points": points, "lost": 2})
    store = namespaces.create("secrets", f"payments-{name}", by)
    stored_secrets.create(store, [SecretFields("STRIPE_KEY", Secret("hush"), "live")], by)
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter("root")
    page = visitor.open(f"/storage/dataset/{name}/?range=1h&measure=max+double1")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("[data-result]")).to_be_visible()
    assert visitor.axe() == [] and not visitor.spills()
    page = visitor.open(f"/storage/secrets/{store.key}/")
    page.get_by_role("button", name="Change STRIPE_KEY").click()
    assert visitor.axe() == [] and not visitor.spills()
    page.get_by_label("New value").fill("hush again")
    page.get_by_role("button", name="Set the value").click()
    expect(page.locator("[data-said]", has_text="Changed STRIPE_KEY")).to_be_visible()
    send_mail("Your order of a very long name " * 4)
    visitor.open("/storage/mail/")
    assert visitor.axe() == [] and not visitor.spills()


def send_mail(subject: str) -> None:
    """As a Worker does."""
    envelope = {"form": "fields", "from": "shop@example.com", "to": ["ann@example.com"]}
    text = json.dumps(envelope | {"subject": subject}).encode()
    headers = {"x-email-envelope": base64.b64encode(text).decode()}
    rules = rules_id("shop", BindingSpec(name="EMAIL", type="send_email"))
    state_client().request("email", rules, "POST", "/send", headers=headers, content=b"{}")
