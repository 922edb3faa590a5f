import logging
from dataclasses import replace

import pytest

from dashboard.api.acts import upload
from routing.control.publish import publish
from routing.control.secret_consent import secret_fingerprints
from routing.control.upload import draft_of, upload_version
from routing.models import AuditEntry, Deployment, Version, Worker
from routing.snapshot import BindingSpec, Secret
from tests.dashboard.api.conftest import METADATA, Api, form
from tests.factories import make_deployment, make_version, says_fine

SECRETS = "/workers/scripts/shop/secrets"
BULK = "/workers/scripts/shop/secrets-bulk"
LATEST = "/workers/workers/shop/versions/latest"
VALUE = "hunter2-must-never-be-seen"


def put(api: Api, name: str = "KEY", text: str = VALUE):
    return api("PUT", SECRETS, {"name": name, "text": text, "type": "secret_text"})


def names(api: Api) -> list[str]:
    return [held["name"] for held in api("GET", SECRETS).result]


@pytest.fixture
def shop(api: Api) -> Api:
    api.put()
    return api


def test_a_secret_makes_a_deployed_version(shop: Api):
    assert put(shop).result == {"name": "KEY", "type": "secret_text"}
    latest = Version.objects.order_by("-number").first()
    live = Deployment.objects.order_by("-number").first()
    assert (latest.number, latest.triggered_by) == (2, "secret")
    assert live.triggered_by == "secret" and live.shares.get().version == latest
    assert names(shop) == ["KEY"]


def test_a_deleted_secret_is_gone(shop: Api):
    put(shop)
    assert shop("DELETE", SECRETS + "/KEY?url_encoded=true").result is None
    assert names(shop) == []
    assert shop("GET", SECRETS + "/KEY").refusal == (404, 10056)


def test_several_change_in_one_version(shop: Api):
    put(shop, "OLD")
    given = {"A": {"name": "A", "text": VALUE, "type": "secret_text"}, "OLD": None}
    assert shop("PATCH", BULK, {"secrets": given}).status == 200
    assert names(shop) == ["A"] and Version.objects.count() == 3


def test_the_older_bulk_keeps_what_has_no_value(shop: Api):
    put(shop, "OLD")
    put(shop, "GONE")
    rows = [
        {"name": "OLD", "type": "secret_text"},
        {"name": "A", "type": "secret_text", "text": VALUE},
    ]
    body = form({"bindings": rows}).replace(b'name="metadata"', b'name="settings"')
    kind = "multipart/form-data; boundary=----formdata-undici-069854588708"
    result = shop("PATCH", "/workers/scripts/shop/settings", body, content_type=kind).result
    assert [row["name"] for row in result["bindings"]] == ["OLD", "A"]
    assert VALUE not in str(result)


def test_an_upload_in_between_is_never_overwritten_by_a_copy(shop: Api, monkeypatch):
    """An upload while the copy starts: the copy would undo it."""

    def someone_uploads(*arguments, **more):
        make_version()
        return says_fine(*arguments, **more)

    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", someone_uploads)
    assert put(shop).refusal == (400, 10215)  # done again on #2, which is not deployed
    assert names(shop) == [] and Deployment.objects.count() == 1


def test_a_deployment_in_between_is_not_overwritten_by_a_secret(shop: Api, monkeypatch):
    worker = Worker.objects.get()

    def someone_deploys(*arguments, **more):
        make_deployment(worker)
        return says_fine(*arguments, **more)

    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", someone_deploys)
    assert put(shop).refusal == (409, 10035)
    assert names(shop) == [] and Deployment.objects.count() == 2 + upload.REPLAYS


def test_a_secret_is_set_again_on_what_came_first(shop: Api, monkeypatch):
    """Another secret is set while this one's version is being started: both are there after it."""
    inspections = []

    def another_comes_first(*arguments, **more):
        inspections.append(1)
        if len(inspections) == 1:
            version = draft_of(Version.objects.get())
            other = BindingSpec(name="OTHER", type="secret_text", secret=Secret("x"))
            make_version(draft=replace(version, bindings=(other,)), keep=frozenset(), live=True)
        return says_fine(*arguments, **more)

    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", another_comes_first)
    assert put(shop).status == 200
    assert names(shop) == ["OTHER", "KEY"]
    assert Version.objects.count() == Deployment.objects.count() == 3


def test_an_upload_whose_inherited_bindings_change_is_done_again(shop: Api, monkeypatch):
    put(shop)
    inspections = []

    def secret_changes(*arguments, **more):
        inspections.append(1)
        if len(inspections) == 1:
            put(shop, "KEY", "other")
        return says_fine(*arguments, **more)

    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", secret_changes)
    assert shop.post().status == 200
    newest = Version.objects.order_by("-number").first()
    assert newest.number == 4 and secret_fingerprints(newest) == secret_fingerprints(
        Version.objects.get(number=3)
    )


def test_a_secret_version_is_not_deployed(shop: Api):
    given = {"env": {"A": {"type": "secret_text", "text": VALUE}}}
    notes = {"annotations": {"workers/tag": "t", "workers/message": "m"}}
    made = shop("PATCH", LATEST, given | notes).result
    assert made["number"] == 2 and made["annotations"]["workers/tag"] == "t"
    assert Deployment.objects.count() == 1


def test_while_the_latest_version_is_not_fully_live_secrets_stay(shop: Api):
    make_version()
    before = Version.objects.count()
    assert put(shop).refusal == (400, 10215)
    assert shop("DELETE", SECRETS + "/KEY").refusal == (400, 10215)
    first, second = Version.objects.order_by("number")
    versions = [
        {"version_id": str(first.id), "percentage": 90},
        {"version_id": str(second.id), "percentage": 10},
    ]
    deployments = "/workers/scripts/shop/deployments"
    shop("POST", deployments, {"strategy": "percentage", "versions": versions})
    assert put(shop).refusal == (400, 10215)
    assert Version.objects.count() == before


def test_a_worker_that_is_missing_or_empty_says_so(api: Api):
    assert put(api).refusal == (404, 10007)
    api("POST", "/workers/workers", {"name": "shop"})
    given = {"env": {"A": {"type": "secret_text", "text": "x"}}}
    assert api("PATCH", LATEST, given).refusal == (404, 10222)
    assert put(api).refusal == (400, 10215)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "", "text": "x"}, 10026),
        ({"name": "A"}, 10026),
        ({"text": "x"}, 10026),
        ({"name": "A", "text": "x", "type": "secret_key"}, 90001),
        ({"name": "A", "text": "x" * 5121}, 10054),
        ({"name": "V", "text": "x"}, 10026),
    ],
)
def test_a_bad_secret_is_refused_and_nothing_is_saved(api: Api, body, code):
    variable = {"name": "V", "type": "plain_text", "text": "1"}
    api.put(metadata=METADATA | {"bindings": [variable]})
    assert api("PUT", SECRETS, body).refusal[1] == code
    assert Version.objects.count() == 1


def test_a_missing_secret_cannot_be_deleted(shop: Api):
    assert shop("DELETE", SECRETS + "/NO").refusal == (404, 10056)
    assert shop("PATCH", BULK, {"secrets": {"NO": None}}).refusal == (404, 10056)
    assert Version.objects.count() == 1


def test_no_answer_no_log_and_no_audit_entry_ever_holds_a_secret(api: Api, caplog):
    bindings = [{"name": "UP", "type": "secret_text", "text": VALUE}]
    with caplog.at_level(logging.DEBUG):
        answers = [api.put(metadata=METADATA | {"bindings": bindings})]
        answers += [put(api), put(api, "UP" * 200)]
        answers.append(api("PATCH", LATEST, {"env": {"B": {"type": "secret_text", "text": VALUE}}}))
        answers.append(api("PATCH", LATEST, {"env": {"B": {"type": VALUE, "text": [VALUE]}}}))
        version = Version.objects.order_by("-number").first().id
        paths = ["/scripts", "/services/shop", "/workers", "/workers/shop"]
        paths += [f"/scripts/shop/{p}" for p in ("versions", "deployments", "settings", "secrets")]
        paths += [f"/scripts/shop/versions/{version}", "/scripts/shop/content/v2", "/scripts/shop"]
        paths += ["/workers/shop/versions", "/workers/shop/versions/latest?include=modules"]
        answers += [api("GET", f"/workers{path}") for path in paths]
    for answer in answers:
        assert VALUE not in answer.response.content.decode()
    assert VALUE not in caplog.text
    assert VALUE not in str(list(AuditEntry.objects.values()))
    assert VALUE not in str(list(Version.objects.values_list("bindings")))


def test_after_the_key_was_lost_secrets_can_be_set_again(shop: Api, settings):
    """All that cannot be opened are named, and must be set in one change."""
    put(shop, "ONE")
    put(shop, "TWO")
    settings.SECRET_KEY = "another key than the one that sealed them"
    answer = put(shop, "ONE")
    assert answer.status == 400
    assert "they cannot be copied: TWO. Set them again in the same change" in answer.message
    given = {name: {"name": name, "text": VALUE, "type": "secret_text"} for name in ("ONE", "TWO")}
    assert shop("PATCH", BULK, {"secrets": given}).status == 200
    assert publish().withheld == {}
