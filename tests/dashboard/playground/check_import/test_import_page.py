"""The import page: nothing is saved before it was seen."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.playground.check_import import sources
from dashboard.playground.models import Saved
from dashboard.smoketests.models import Suite
from routing.models import Worker
from tests.factories import make_worker

URL = "/playground/checks/shop/import/"
YAML = "# mine\nname: smoke\nchecks:\n  - name: home\n"


@pytest.fixture
def shop(db: None) -> Worker:
    return make_worker("shop")


def preview(client: Client, **fields: Any) -> dict[str, str]:
    """What the preview's form would send, all checks taken as they are preselected."""
    answer = client.post(URL, fields)
    text = answer.content.decode()
    assert answer.status_code == 200, re.findall(r'<li class="wrap">(.*?)</li>', text)
    assert not Suite.objects.exists()
    found = re.search(r'<textarea hidden name="(\w+)">\n(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return {"from": fields["from"], found[1]: html.unescape(found[2])}


def checks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Suite.objects.get().edits.all()[0].document["checks"]
    return found


def test_a_curl_command_becomes_a_check(maya: Client, shop: Worker) -> None:
    command = "curl https://shop.example/api -H 'x-a: 1' -u me:hunter22 -d '{\"a\": 1}'"
    sent = preview(maya, **{"from": "curl", "text": command})
    maya.post(URL, sent | {"take": "0", "name-0": "order", "new_suite": "smoke"})
    [check] = checks()
    assert (check["name"], check["request"]["path"]) == ("order", "/api")
    assert check["request"]["headers"]["x-a"] == "1"
    assert check["request"]["body"] == '{"a": 1}'
    maya.post(URL, sent | {"take": "0", "name-0": "order", "suite": "smoke"})
    assert [check["name"] for check in checks()] == ["order", "order (2)"]


def test_saved_requests_become_checks(maya: Client, shop: Worker) -> None:
    fields = {"worker": "shop", "path": "/p", "method": "POST", "body": "x", "saved_name": "pay"}
    maya.post("/playground/save/", fields | {"headers": "x-key: {{key}}", "version.auth": "v"})
    saved = Saved.objects.get()
    assert "pay" in maya.get(f"{URL}?from=playground").content.decode()
    sent = preview(maya, **{"from": "playground", "saved": str(saved.pk)})
    maya.post(URL, sent | {"take": "0", "name-0": "pay", "new_suite": "smoke"})
    [check] = checks()
    assert check["request"]["headers"] == {"x-key": "{{key}}"}
    assert check["request"]["overrides"] == {"auth": "v"}


def test_yaml_is_saved_as_it_came(maya: Client, shop: Worker) -> None:
    file = SimpleUploadedFile("smoke.yaml", YAML.encode())
    sent = preview(maya, **{"from": "yaml", "file": file})
    maya.post(URL, sent)
    suite = Suite.objects.get()
    exported = maya.get(f"/workers/shop/checks/{suite.pk}/suite.yaml")
    assert exported.content.decode() == YAML


def test_a_recording_is_chosen_from(maya: Client, shop: Worker) -> None:
    def entry(path: str) -> dict[str, Any]:
        url = f"http://shop.localhost{path}"
        return {"request": {"method": "GET", "url": url}, "response": {"status": 200}}

    recorded = json.dumps({"log": {"entries": [entry("/a"), entry("/b")]}})
    sent = preview(maya, **{"from": "har", "text": recorded})
    maya.post(URL, sent | {"take": "1", "name-1": "b", "new_suite": "smoke"})
    assert [check["request"]["path"] for check in checks()] == ["/b"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "curl", "text": "wget x"}, "does not begin with curl"),
        ({"from": "curl", "text": " "}, "Nothing was given"),
        ({"from": "playground"}, "Choose at least one"),
        ({"from": "playground", "saved": "x"}, "Choose at least one"),
        ({"from": "har", "text": "{}"}, "log.entries"),
        ({"from": "yaml", "text": "a: &a [*a]"}, "aliases are not read"),
        ({"from": "yaml", "text": "name: s\nchecks: [{nam: a}]"}, "checks[0].name"),
        ({"from": "curl", "checks": "[{}]", "take": "0", "new_suite": "s"}, "checks[0].name"),
        ({"from": "curl", "checks": "[{}]", "take": "0"}, "Suite: choose one"),
        ({"from": "curl", "checks": "x", "new_suite": "s"}, "Choose at least one check"),
        ({"from": "yaml", "yaml": "name: 3"}, "checks: Field required"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    maya: Client, shop: Worker, fields: dict[str, str], words: str
) -> None:
    answer = maya.post(URL, fields)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Suite.objects.exists()


def test_a_file_that_is_too_large_is_refused_unread(
    maya: Client, shop: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LARGEST", 1024 * 1024)
    file = SimpleUploadedFile("big.har", b"x" * (1024 * 1024 + 1))
    answer = maya.post(URL, {"from": "har", "file": file})
    assert answer.status_code == 422
    assert "big.har: more than 1 MB" in answer.content.decode()


def test_viewers_import_nothing(vera: Client, shop: Worker) -> None:
    assert vera.get(URL).status_code == 403
    assert vera.post(URL, {"from": "yaml", "yaml": YAML}).status_code == 403
