"""Calls about the whole account, and new code alone."""

from routing.models import Version
from routing.upload_draft import Part
from tests.dashboard.api.conftest import METADATA, part
from tests.factories import make_worker


def test_workers_are_searched_by_a_part_of_their_name(api):
    for name in ("shop", "workshop", "mail"):
        make_worker(name)
    answer = api("GET", "/workers/scripts-search?name=SHOP&per_page=1&page=2")
    assert [item["script_name"] for item in answer.result] == ["workshop"]
    tag = answer.result[0]["id"]
    assert len(api("GET", f"/workers/scripts-search?id={tag}").result) == 1
    assert api("GET", "/workers/scripts-search?name=none").result == []


def test_account_settings_and_domains_are_what_they_are(api):
    assert api("GET", "/workers/account-settings").result["default_usage_model"] == "standard"
    sent = {"default_usage_model": "bundled"}
    answer = api("PUT", "/workers/account-settings", sent)
    assert answer.result == {"default_usage_model": "standard", "green_compute": False}
    assert api("GET", "/workers/domains").result == []


def test_new_content_keeps_everything_else(api):
    binding = {"name": "A", "type": "plain_text", "text": "a"}
    api.put("shop", METADATA | {"bindings": [binding]})
    answer = api._upload(
        "PUT",
        "/workers/scripts/shop/content",
        {"main_module": "new.js"},
        [part("new.js", b"export default {}")],
    )
    assert answer.result["entry_point"] == "new.js"
    newest = Version.objects.latest("number")
    assert newest.bindings == [binding] and answer.result["deployment_id"] == str(newest.id)
    parts = [row.as_part() for row in newest.modules.select_related("module")]
    assert [(p.name, p.content) for p in parts] == [("new.js", b"export default {}")]
    assert isinstance(parts[0], Part)


def test_deployments_are_listed_twice_as_the_sdks_read_items(api):
    api.put("shop")
    listed = api("GET", "/workers/scripts/shop/deployments").result
    assert len(listed["items"]) == 1 and listed["items"] == listed["deployments"]
