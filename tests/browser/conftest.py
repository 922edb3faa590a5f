"""Real Chromium on a live server: the system's, or the one that Playwright brought."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.core.servers.basehttp import WSGIRequestHandler
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dashboard.accounts.models import Role
from routing.control.upload import upload_version
from routing.models import Worker
from tests.browser.editing import CODE
from tests.eventually import eventually
from tests.factories import make_deployment, make_draft, make_user, make_version, says_fine

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
AXE_OPTIONS = '{resultTypes: ["violations"], preload: false}'  # a fifth sooner, the same found
SYSTEM = next(
    filter(
        None,
        map(
            shutil.which,
            ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
        ),
    ),
    "",
)
# As long as a locator waits: what is asserted right after a click must not depend on whether the
# next page has come, nor on how busy the cores are.
expect.set_options(timeout=30_000)

#: No talk with the outside; a sandbox needs a user other than root.
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split() + (["--no-sandbox"] if os.geteuid() == 0 else [])


@pytest.fixture(autouse=True)
def served(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Playwright's loop runs in this thread, where nothing may be awaited; no edge listens here.
    monkeypatch.setattr(
        "dashboard.live.channel.broadcast.async_to_sync", lambda send: lambda *args: None
    )
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Playwright keeps a loop in this thread, which Django would take for a view's.
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # Head and body of an answer are two packets here, and the second waited 40 ms for the first.
    patch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=SYSTEM or None, args=FLAGS)
        yield browser
        browser.close()
    patch.undo()


class Visitor:
    """A person at a browser. What the console or a script complains about fails the test."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.complaints.append(error.stack or str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        # Chromium reports every answer of 400 and above, which the tests ask for sometimes, and
        # that the WebSocket fails: the live server has none. The one of tests/browser/system has.
        # htmx reports, in two lines, a request that a newer one replaced (hx-sync), which is meant
        # to happen when answers come slowly; what truly failed has a third line of its own.
        expected = (
            "Failed to load resource",
            "WebSocket connection to",
            "htmx:sendAbort",
            "htmx:afterRequest",
        )
        if message.type == "error" and not message.text.startswith(expected):
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def enter(self, name: str = "maya") -> None:
        """As somebody who signed in earlier, which takes a page less than `sign_in`."""
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        self.enter_with(client.cookies["sessionid"].value)

    def enter_with(self, session: str) -> None:
        """With the session cookie of a running system (`System.session`)."""
        cookie = {"name": "sessionid", "value": session}
        self.context.add_cookies([{**cookie, "url": self.address, "httpOnly": True}])

    def sign_in(self, name: str = "maya", password: str = "pw") -> Page:
        page = self.open("/accounts/login/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/workers/")
        return page

    def axe(self) -> list[str]:
        """What axe-core finds, by the browser's own channel: the page's policy forbids eval."""
        channel = self.context.new_cdp_session(self.page)
        channel.send("Runtime.evaluate", {"expression": AXE.read_text()})
        found = channel.send(
            "Runtime.evaluate",
            {
                "expression": f"axe.run(document, {AXE_OPTIONS}).then("
                "r => JSON.stringify(r.violations))",
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        channel.detach()
        violations = json.loads(found["result"]["value"])
        return [f"{v['id']}: {n['html'][:200]}" for v in violations for n in v["nodes"]]

    def spills(self) -> bool:
        """Whether the page is wider than the window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )


@pytest.fixture
def visitors(browser: Browser, transactional_db: None, live_server: Any) -> Iterator[Any]:
    """Makes visitors: `visitors(color_scheme="dark", viewport=…, java_script_enabled=False)`.

    They leave before the database is emptied, which waits for no request that still reads.
    """
    made: list[Visitor] = []
    before = set(threading.enumerate())

    def visit(**options: Any) -> Visitor:
        made.append(Visitor(browser.new_context(**options), live_server.url))
        return made[-1]

    yield visit
    complaints = [c for visitor in made for c in visitor.complaints]
    for visitor in made:
        visitor.context.close()
    eventually(lambda: not _requests_under_way(before))
    assert complaints == []


def _requests_under_way(before: Container[threading.Thread]) -> list[str]:
    """Names of the live server's threads: also of those that are made but do not run yet. Threads
    of `before` belong to servers of other tests in this process."""
    names = [thread.name for thread in threading.enumerate() if thread not in before]
    return [name for name in names if "process_request_thread" in name]


@pytest.fixture
def maya(visitors: Any, transactional_db: None) -> Visitor:
    """An operator, signed in."""
    make_user("maya", Role.OPERATOR)
    visitor: Visitor = visitors()
    visitor.enter()
    return visitor


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """Stands for the runtime where the editor uploads; tests say what it answers."""
    inspect = mock.Mock(side_effect=says_fine)
    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", inspect)
    return inspect


@pytest.fixture
def shop(transactional_db: None, runtime: mock.Mock) -> Worker:
    """#1 live."""
    version = make_version("shop", make_draft(CODE))
    make_deployment(version.worker, (version, 100))
    return version.worker
