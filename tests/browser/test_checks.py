"""Checks in a browser: the editor and a run, on a desk, on a phone, and without scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.models import Role, User
from dashboard.smoketests.models import SmokeRun, Suite
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.suites.edits import import_suite
from routing.models import Worker
from tests.factories import make_deployment, make_user, make_version, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SUITE = """name: Checkout smoke
checks:
  - name: "Quote: mixed basket"
    request:
      method: POST
      path: /api/quote
      headers: {content-type: application/json, authorization: Bearer hunter22}
      body: '{"basket": [{"sku": "TEA-250", "qty": 2}], "country": "DE"}'
      key: user-4411
      overrides: {auth: candidate}
    assert:
      - {status: 200}
      - {header: content-type, contains: json}
      - {json: $.total, equals: 42}
      - {text: total}
      - {schema: {type: object}}
      - {latency_ms: 60}
      - {same_as_stable: {except: [$.quoteId, $.quotedAt]}}
  - {name: Health, request: {path: /healthz}, assert: [{status: 200}]}
  - {name: p95 under 60 ms, script: k6 run smoke.js, required: false}
"""
RECORDING = """{"log": {"entries": [
  {"request": {"method": "GET", "url": "https://shop.example/api/quote?country=DE", "headers": [
    {"name": "cookie", "value": "session=1"}]}, "response": {"status": 200}},
  {"request": {"method": "GET", "url": "https://cdn.example/logo.svg"}, "response": {"status": 304}}
]}}"""
SHOTS = os.environ.get("SLUICE_SHOTS", "")


def shoot(page: Any, name: str) -> None:
    """A picture to look at the page; none in a test run."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def suite(transactional_db: None) -> Suite:
    worker = make_worker("checkout")
    make_deployment(worker, (make_version("checkout"), 0), (worker.versions.get(number=1), 100))
    maya = make_user("maya", Role.OPERATOR)
    for text in (SUITE, SUITE.replace("42", "43")):
        edit = import_suite(worker=worker, text=text, author=maya, source="t", now=timezone.now())
    _run(edit, worker, maya)
    return edit.suite


def _run(edit: Any, worker: Worker, maya: User) -> SmokeRun:
    run = ask(edit, worker.versions.get(number=2), author=maya, now=timezone.now())
    spot = {"place": "$.lines[1].vat", "stable": "2.07", "candidate": "2.08"}
    compared = {"kind": "same_as_stable", "expected": "status and body as stable, except $.at"}
    wrong = [
        {"kind": "version", "expected": str(run.version_id), "passed": True, "actual": "x"},
        {"kind": "status", "expected": "200", "passed": False, "actual": "503", "stable": "200"},
        compared | {"passed": False, "actual": "", "stable": "", "differences": [spot]},
    ]
    for position, check in enumerate(edit.content.checks):
        run.results.create(
            position=position,
            name=check.name,
            edge="local-1",
            verdict="passed" if position else "failed",
            results=[] if position else wrong,
            headers=[["content-type", "application/json"], ["set-cookie", "••••"]],
            sent_at=timezone.now(),
            ray="8f1e2d3c4b5a6978-DEV",
            version_id=str(run.version_id),
            proved=True,
            status=200,
            ms=12.3,
            body='{"total": 43}',
        )
    SmokeRun.objects.update(state="failed", edges=["local-1"], done=3, total=3)
    return run


@pytest.mark.parametrize(
    ("theme", "size"),
    [("light", (1440, 1000)), ("dark", (390, 844)), ("light", (320, 640))],
    ids=["desk", "phone", "zoomed"],
)
def test_the_pages_of_checks_have_nothing_for_axe(
    suite: Suite, visitors: Any, theme: str, size: tuple[int, int]
) -> None:
    visitor = visitors(color_scheme=theme, viewport={"width": size[0], "height": size[1]})
    visitor.enter()
    base = "/workers/checkout/checks/"
    run = SmokeRun.objects.get()
    found = {}
    for name, path in {
        "checks": base,
        "suite": f"{base}{suite.pk}/",
        "script": f"{base}{suite.pk}/?new=script",
        "yaml": f"{base}{suite.pk}/yaml/",
        "edit": f"{base}{suite.pk}/edits/2/",
        "new": f"{base}new/",
        "run": f"{base}runs/{run.pk}/",
        "import": "/playground/checks/checkout/import/?from=har",
    }.items():
        page = visitor.open(path)
        shoot(page, f"{name}-{theme}-{size[0]}")
        if name == "import":
            page.get_by_label("Or its text").fill(RECORDING)
            page.get_by_role("button", name="Preview").click()
            page.get_by_role("heading", name="2 checks").wait_for()
            shoot(page, f"preview-{theme}-{size[0]}")
        found[name] = [*visitor.axe(), *(["spills"] if visitor.spills() else [])]
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_check_is_edited_by_keyboard(suite: Suite, visitors: Any, scripts: bool) -> None:
    visitor = visitors(java_script_enabled=scripts)
    visitor.enter()
    page = visitor.open(f"/workers/checkout/checks/{suite.pk}/?check=Health")
    page.get_by_role("button", name="Text", exact=True).press("Enter")
    page.get_by_label("Text, value").fill("fine")
    page.get_by_role("button", name="Move Text up").press("Enter")
    page.locator(".assert").nth(1).get_by_text("Text", exact=True).wait_for()
    # Nobody types within the 20 ms in which htmx prepares the form that it has put in.
    expect(
        page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")
    ).to_have_count(0)
    page.get_by_label("Path and query").fill("healthy")
    page.get_by_label("Path and query").press("Enter")
    page.get_by_text("a path starts with /").wait_for()
    page.get_by_label("Path and query").fill("/healthy")
    page.get_by_role("button", name="Save as edit 3").press("Enter")
    page.get_by_text("Saved as edit 3").first.wait_for()
    saved = suite.edits.all()[0].document["checks"][1]
    assert saved["request"]["path"] == "/healthy"
    assert saved["assert"] == [{"text": "fine"}, {"status": 200}]


def test_what_is_not_saved_is_not_lost_by_a_click(suite: Suite, visitors: Any) -> None:
    visitor = visitors()
    visitor.enter()
    page = visitor.open(f"/workers/checkout/checks/{suite.pk}/?check=Health")
    questions: list[str] = []

    def stay(dialog: Any) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("Path and query").fill("/typed")
    page.get_by_role("link", name="YAML", exact=True).first.click(no_wait_after=True)
    assert page.get_by_label("Path and query").input_value() == "/typed"
    page.get_by_role("link", name="Discard").click()
    page.wait_for_url("**/checks/*/")
    assert questions == ["beforeunload"]
