"""The editor on a whole running system: what the runtime refuses, corrected and deployed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.editing import type_over
from tests.eventually import eventually
from tests.running import OVERRIDES

pytestmark = [pytest.mark.browser, pytest.mark.real]


def test_an_error_is_shown_at_its_line_and_the_fixed_version_answers(visit, system):
    page = (visitor := visit()).open("/workers/new/")
    page.get_by_label("Name part of its address").fill("fresh")
    page.get_by_role("button", name="Save and deploy").click()
    page.get_by_text("Live: stable #1 100%.").first.wait_for()

    visitor.open("/workers/fresh/edit/")
    type_over(page, "export default {\n  fetch() {\n    return new Response('two';\n  },\n};\n")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Version refused. Nothing changed.").wait_for()
    expect(page.locator("#refusal-words")).to_contain_text("index.js:3:24", use_inner_text=True)
    page.get_by_role("link", name="index.js, line 3").wait_for()
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    assert len(system.api("GET", "/workers/scripts/fresh/versions").json()["result"]["items"]) == 1

    type_over(page, "export default {\n  fetch() {\n    return new Response('two');\n  },\n};\n")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate #2 0%, stable #1 100%.").first.wait_for()
    candidate = next(v for v in system.active("fresh")["versions"] if v["percentage"] == 0)
    asked = {OVERRIDES: f'fresh="{candidate["version_id"]}"'}
    eventually(lambda: system.get("fresh", **asked).text == "two", 30)
    assert system.get("fresh").text != "two"
