"""The editor: each save is an edit, a stale one conflicts, viewers see no secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.smoketests.models import Suite, SuiteEdit
from routing.models import Worker
from tests.factories import make_deployment, make_version, make_worker

YAML = """name: smoke
checks:
  - name: home
    request: {path: "/?token=hunter22", headers: {authorization: Bearer hunter22, x: "{{key}}"}}
    assert: [{status: 200}]
  - name: api
"""


@pytest.fixture
def shop(db: None) -> Worker:
    worker = make_worker("shop")
    make_deployment(worker, (make_version("shop"), 0), (worker.versions.get(number=1), 100))
    return worker


@pytest.fixture
def suite(maya: Client, shop: Worker) -> Suite:
    maya.post("/workers/shop/checks/", {"yaml": YAML})
    return Suite.objects.get()


def url(suite: Suite, rest: str = "") -> str:
    return f"/workers/shop/checks/{suite.pk}/{rest}"


def fields(**more: str) -> dict[str, str]:
    """What the form of the check `home` sends."""
    row = {"assert-0-kind": "status", "assert-0-must": "equals", "assert-0-value": "204"}
    named = {"opened_as": "home", "name": "home", "base": "1", "method": "GET", "path": "/"}
    return named | {"required": "1", "asserts": "1"} | row | more


def newest(suite: Suite) -> SuiteEdit:
    return suite.edits.all()[0]


def test_a_save_changes_one_check_and_makes_an_edit(maya: Client, suite: Suite) -> None:
    answer = maya.post(url(suite), fields(name="front page"))
    assert answer["location"] == url(suite, "?check=front+page")
    edit = newest(suite)
    assert (edit.number, [c["name"] for c in edit.document["checks"]]) == (2, ["front page", "api"])
    assert edit.document["checks"][0]["assert"] == [{"status": 204}]
    assert "front page" in maya.get(answer["location"]).content.decode()


def test_buttons_of_the_form_give_it_back_and_save_nothing(maya: Client, suite: Suite) -> None:
    html = maya.post(url(suite), fields(act="add-json", path="/typed")).content.decode()
    assert 'name="assert-1-what"' in html
    assert 'value="/typed"' in html
    assert newest(suite).number == 1
    part = maya.post(url(suite), fields(act="drop-0"), headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith("{#") is False
    assert "assert-0-kind" not in part.content.decode()
    assert "<html" not in part.content.decode()


def test_a_mistake_is_at_its_field_and_nothing_is_lost(maya: Client, suite: Suite) -> None:
    answer = maya.post(url(suite), fields(path="no slash", **{"assert-0-value": "many"}))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="path-error"' in html
    assert 'id="assert-0-error"' in html
    assert 'value="no slash"' in html
    assert newest(suite).number == 1


def test_two_people_do_not_overwrite_each_other(maya: Client, suite: Suite) -> None:
    maya.post(url(suite), fields())
    answer = maya.post(url(suite), fields(path="/mine"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "maya saved edit 2" in " ".join(html.split())
    assert 'name="base" value="2"' in html
    assert 'value="/mine"' in html
    assert newest(suite).number == 2


@pytest.mark.parametrize(
    ("move", "names"),
    [
        ("down", ["api", "home"]),
        ("up", ["home", "api"]),
        ("copy", ["home", "home (2)", "api"]),
        ("remove", ["api"]),
    ],
)
def test_checks_move_and_go(maya: Client, suite: Suite, move: str, names: list[str]) -> None:
    maya.post(url(suite, "move/"), {"check": "home", "move": move, "base": "1"})
    assert [check["name"] for check in newest(suite).document["checks"]] == names


def test_an_edit_shows_what_it_changed_and_can_be_restored(maya: Client, suite: Suite) -> None:
    maya.post(url(suite), fields())
    html = maya.get(url(suite, "edits/2/")).content.decode()
    assert "diff-gone" in html
    assert "status: 204" in html
    maya.post(url(suite, "edits/1/restore/"), {"base": "1"})
    assert newest(suite).number == 2  # edit 2 came meanwhile
    maya.post(url(suite, "edits/1/restore/"), {"base": "2"})
    assert newest(suite).number == 3
    assert maya.get(url(suite, "suite.yaml")).content.decode() == YAML


def test_the_yaml_tab_saves_this_suite_only(maya: Client, suite: Suite) -> None:
    sent = {"yaml": YAML.replace("200", "201"), "base": "1"}
    assert maya.post(url(suite, "yaml/"), sent).status_code == 302
    assert newest(suite).number == 2
    assert maya.post(url(suite, "yaml/"), sent).status_code == 409
    other = maya.post(url(suite, "yaml/"), {"yaml": "name: x\nchecks: [{name: a}]", "base": "2"})
    assert other.status_code == 422
    assert "this suite is called" in other.content.decode()
    assert Suite.objects.count() == 1


def test_a_new_suite_begins_with_one_check(maya: Client, shop: Worker) -> None:
    assert maya.get("/workers/shop/checks/new/").status_code == 200
    sent = fields(opened_as="", base="0", suite_name="")
    assert 'id="suite_name-error"' in maya.post("/workers/shop/checks/new/", sent).content.decode()
    maya.post("/workers/shop/checks/new/", sent | {"suite_name": "first"})
    assert Suite.objects.get().edits.get().document["checks"][0]["name"] == "home"
    taken = maya.post("/workers/shop/checks/new/", sent | {"suite_name": "first"})
    assert taken.status_code == 409


def test_viewers_read_without_secrets_and_save_nothing(
    vera: Client, maya: Client, suite: Suite
) -> None:
    for rest in ("", "yaml/", "edits/1/", "suite.yaml"):
        html = vera.get(url(suite, rest)).content.decode()
        assert "hunter22" not in html
        assert "{{key}}" in html or rest == ""
    assert "hunter22" in maya.get(url(suite)).content.decode()
    assert vera.post(url(suite), fields()).status_code == 403
    assert vera.post(url(suite, "yaml/"), {"yaml": YAML, "base": "1"}).status_code == 403
    assert vera.post(url(suite, "move/"), {"check": "home", "move": "remove"}).status_code == 403
    assert newest(suite).number == 1


def test_a_script_check_has_a_command_and_no_request(maya: Client, suite: Suite) -> None:
    sent = {"kind": "script", "name": "tests", "script": "pytest -q", "timeout": "60", "base": "1"}
    maya.post(url(suite), sent)
    last = newest(suite).document["checks"][-1]
    assert last == {"name": "tests", "script": "pytest -q", "timeout": 60.0, "required": False}


def test_a_suite_of_1000_checks_is_shown_in_parts(
    maya: Client, suite: Suite, django_assert_max_num_queries: Any
) -> None:
    checks = [{"name": f"check {n:04}"} for n in range(1000)]
    edit = newest(suite)
    SuiteEdit.objects.create(
        suite=suite,
        number=2,
        document={"name": "smoke", "checks": checks},
        created_at=edit.created_at,
    )
    html = maya.get(url(suite, "?check=check+0500")).content.decode()
    assert html.count('class="check-item"') == 100
    assert "check 0500" in html
