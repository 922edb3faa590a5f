import re
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone
from multipart import parse_options_header

from dashboard.api.serializers.module_content import as_multipart
from dashboard.reviews.models import DeployHold
from routing.upload_draft import Part
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import make_version

VERSIONS = "/workers/scripts/shop/versions"


@pytest.fixture
def seven(api: Api) -> Api:
    for _ in range(7):
        make_version()
    return api


def numbers(api: Api, query: str) -> list[int]:
    return [item["number"] for item in api("GET", VERSIONS + query).result["items"]]


def test_pages_are_newest_first_and_end_with_an_empty_one(seven: Api):
    assert numbers(seven, "?per_page=3") == [7, 6, 5]
    assert numbers(seven, "?per_page=3&page=3") == [1]
    assert numbers(seven, "?per_page=3&page=4") == []
    info = seven("GET", VERSIONS + "?per_page=3&page=3").envelope["result_info"]
    assert info == {"page": 3, "per_page": 3, "count": 1, "total_count": 7, "total_pages": 3}


def test_deployable_is_one_page_of_all(seven: Api):
    assert numbers(seven, "?deployable=true&per_page=2") == [7, 6, 5, 4, 3, 2, 1]
    assert numbers(seven, "?deployable=true&page=2") == []


def test_only_the_100_most_recent_are_deployable(api: Api):
    for _ in range(102):
        make_version()
    found = numbers(api, "?deployable=true")
    assert (found[0], found[-1], len(found)) == (102, 3, 100)


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?per_page=-1", "?page=99999999999999"])
def test_a_page_that_cannot_be_is_refused(seven: Api, query: str):
    assert seven("GET", VERSIONS + query).refusal == (400, 10026)


def test_times_have_a_fixed_width_so_that_text_sorts_as_time(seven: Api):
    for item in seven("GET", VERSIONS).result["items"]:
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", item["metadata"]["created_on"]
        )


def test_a_version_is_found_by_its_whole_id(seven: Api):
    item = seven("GET", VERSIONS).result["items"][0]
    assert seven("GET", f"{VERSIONS}/{item['id']}").result == item


def test_an_id_must_match_letter_for_letter(seven: Api):
    known = seven("GET", VERSIONS).result["items"][0]["id"]
    for wrong in (known[:8], known.upper(), known.replace("-", ""), "x"):
        assert seven("GET", f"{VERSIONS}/{wrong}").refusal == (404, 100146)


def test_another_workers_version_is_not_this_ones(seven: Api):
    other = make_version("pricing")
    assert seven("GET", f"{VERSIONS}/{other.id}").refusal == (404, 100146)


@pytest.mark.parametrize("path", ["", "/versions", "/deployments", "/settings", "/script-settings"])
def test_every_endpoint_of_a_missing_worker_says_10007(api: Api, path: str):
    for name in ("nobody", "Bad%20Name"):
        assert api("GET", f"/workers/scripts/{name}{path}").refusal == (404, 10007)


def test_the_service_endpoint_alone_says_10090(api: Api):
    assert api("GET", "/workers/services/nobody").refusal == (404, 10090)


def test_the_service_shows_the_script_and_where_it_came_from(api: Api):
    api.put()
    script = api("GET", "/workers/services/shop").result["default_environment"]["script"]
    assert script["last_deployed_from"] == "wrangler" and len(script["tag"]) == 32
    make_version(source="dashboard")
    script = api("GET", "/workers/services/shop").result["default_environment"]["script"]
    assert script["last_deployed_from"] == "api"


def test_modules_come_back_as_they_were_uploaded(api: Api):
    api.put()
    response = api("GET", "/workers/scripts/shop/content/v2").response
    assert response["cf-entrypoint"] == "index.js"
    assert b'name="index.js"; filename="index.js"' in response.content
    assert b"Content-Type: application/javascript+module" in response.content
    main = api("GET", "/workers/scripts/shop").response
    assert (
        main.content in response.content
        and main["Content-Disposition"] == 'attachment; filename="index.js"'
    )


def test_the_list_of_scripts_has_each_workers_latest_version(api: Api):
    api.put()
    api.put("pricing", METADATA | {"compatibility_date": "2026-01-01"})
    found = {item["id"]: item for item in api("GET", "/workers/scripts").result}
    assert set(found) == {"shop", "pricing"}
    assert found["pricing"]["compatibility_date"] == "2026-01-01"


@pytest.mark.parametrize("kind", list(DeployHold.Kind))
def test_while_deployments_wait_a_plain_wrangler_deploy_stores_nothing(api: Api, kind):
    """It uploads, then deploys; `versions upload` uploads and always sends annotations."""
    worker = make_version().worker
    DeployHold.objects.create(
        worker=worker, kind=kind, rollout_id=uuid4(), username="maya", created_at=timezone.now()
    )
    assert api.post().status == 409
    assert worker.versions.count() == 1
    assert api.post(metadata=METADATA | {"annotations": {}}).status == 200
    assert api.post(headers={"User-Agent": "sdk"}).status == 200
    assert worker.versions.count() == 3


@pytest.mark.parametrize("name", ['a";\r\nX-Own: 1\r\n\r\nb.js', 'say "hi".js', "naïve; x=y.js"])
def test_no_module_name_breaks_out_of_its_header(name):
    head, _, content = content_part(name).partition(b"\r\n\r\n")
    assert content == b"code\r\n"
    lines = head.decode().split("\r\n")
    assert [line.partition(":")[0] for line in lines[1:]] == ["Content-Disposition", "Content-Type"]
    kind, given = parse_options_header(lines[1].partition(": ")[2])
    assert kind == "form-data" and set(given) == {"name", "filename"}


def content_part(name: str) -> bytes:
    part = Part(name, "application/javascript+module", b"code")
    modules = SimpleNamespace(select_related=lambda _: [SimpleNamespace(as_part=lambda: part)])
    version = SimpleNamespace(modules=modules, main_module="index.js", body_part="")
    body = as_multipart(version).content
    return body[: body.rindex(b"------sluice-")]
