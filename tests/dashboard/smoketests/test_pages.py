"""The Checks tab: suites, runs, evidence, and who may change or run them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.smoketests.models import CheckResult, SmokeRun, Suite
from routing.models import Worker
from tests.factories import make_deployment, make_version, make_worker

YAML = "name: smoke\nchecks:\n  - name: home\n    assert: [{status: 200}]\n"


@pytest.fixture
def shop(db: None) -> Worker:
    worker = make_worker("shop")
    make_deployment(worker, (make_version("shop"), 0), (worker.versions.get(number=1), 100))
    return worker


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def save(client: Client, yaml: str = YAML) -> Suite:
    client.post("/workers/shop/checks/", {"yaml": yaml})
    return Suite.objects.get()


def test_without_a_suite_the_page_says_how_to_begin(maya: Client, shop: Worker) -> None:
    html = text(maya, "/workers/shop/checks/")
    assert "No suite yet" in html
    assert "smoke import --worker shop" in html


def test_a_suite_is_saved_shown_and_exported_as_it_came(maya: Client, shop: Worker) -> None:
    suite = save(maya, YAML.replace("\n", "\r\n"))
    page = text(maya, f"/workers/shop/checks/{suite.pk}/")
    assert "Run on #2" in page
    assert "Save as edit 2" in page
    exported = maya.get(f"/workers/shop/checks/{suite.pk}/suite.yaml")
    assert exported.content.decode() == YAML
    save(maya, YAML.replace("200", "204"))
    assert "status: 204" in text(maya, f"/workers/shop/checks/{suite.pk}/edits/2/")
    assert maya.get(f"/workers/shop/checks/{suite.pk}/edits/9/").status_code == 404


def test_a_mistake_is_named_and_what_was_typed_stays(maya: Client, shop: Worker) -> None:
    answer = maya.post("/workers/shop/checks/", {"yaml": "name: x\nchecks: [{nam: a}]"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "checks[0].name: Field required" in html
    assert "[{nam: a}]" in html
    assert not Suite.objects.exists()


def test_a_run_is_asked_for_and_can_be_stopped(maya: Client, shop: Worker) -> None:
    suite = save(maya)
    answer = maya.post(f"/workers/shop/checks/{suite.pk}/run/")
    run = SmokeRun.objects.get()
    assert answer.url.endswith(f"/checks/runs/{run.pk}/")  # type: ignore[attr-defined]
    assert run.version.number == 2
    assert "Waiting to start" in text(maya, f"/workers/shop/checks/runs/{run.pk}/")
    maya.post(f"/workers/shop/checks/runs/{run.pk}/stop/")
    assert "Stopped" in text(maya, f"/workers/shop/checks/runs/{run.pk}/")


def test_failures_come_first_with_what_was_expected_and_what_was_there(
    maya: Client, shop: Worker
) -> None:
    save(maya)
    maya.post(f"/workers/shop/checks/{Suite.objects.get().pk}/run/")
    run = SmokeRun.objects.get()
    wrong = {"kind": "status", "expected": "200", "passed": False, "actual": "503"}
    for position, verdict in enumerate(("passed", "failed")):
        run.results.create(
            position=position,
            name=f"check {verdict}",
            edge="local-1",
            verdict=verdict,
            results=[wrong] if verdict == "failed" else [],
            ray="8f1e2d3c4b5a6978-DEV",
            version_id=str(run.version_id),
            body="oh <b>no</b>",
        )
    SmokeRun.objects.update(state="failed", edges=["local-1"])
    html = text(maya, f"/workers/shop/checks/runs/{run.pk}/")
    assert html.index("check failed") < html.index("check passed")
    assert "503" in html
    assert "oh &lt;b&gt;no" in html
    assert "1 of 2 passed" in html


def test_viewers_read_and_change_nothing(vera: Client, maya: Client, shop: Worker) -> None:
    suite = save(maya)
    assert "smoke" in text(vera, f"/workers/shop/checks/{suite.pk}/")
    assert vera.post("/workers/shop/checks/", {"yaml": YAML}).status_code == 403
    assert vera.post(f"/workers/shop/checks/{suite.pk}/run/").status_code == 403
    assert not SmokeRun.objects.exists()


def test_without_a_candidate_nothing_is_run(maya: Client, shop: Worker) -> None:
    make_deployment(shop, (shop.versions.get(number=1), 100))
    suite = save(maya)
    assert "data-no-candidate" in text(maya, "/workers/shop/checks/")
    maya.post(f"/workers/shop/checks/{suite.pk}/run/")
    assert not SmokeRun.objects.exists()


def test_a_run_of_1000_results_is_shown_in_parts_with_a_constant_number_of_queries(
    maya: Client, shop: Worker, django_assert_max_num_queries: Any
) -> None:
    save(maya)
    maya.post(f"/workers/shop/checks/{Suite.objects.get().pk}/run/")
    run = SmokeRun.objects.get()
    names = {"run": run, "edge": "local-1", "results": [], "body": "x" * 8000}
    CheckResult.objects.bulk_create(
        CheckResult(position=n, name=f"check {n}", verdict=("passed", "failed")[n == 999], **names)
        for n in range(1000)
    )
    SmokeRun.objects.update(state="failed", done=1000, total=1000)
    place = f"/workers/shop/checks/runs/{run.pk}/"
    with django_assert_max_num_queries(28):
        html = text(maya, place)
    assert html.count('class="check-result"') == 100
    assert html.index("check 999") < html.index("check 0<")
    assert "1–100 of 1000" in html
    assert "901–1000 of 1000" in text(maya, f"{place}?page=10")
    SmokeRun.objects.update(state="running")
    part = maya.get(place, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in part
    assert "<html" not in part


def test_a_body_of_10_mb_is_refused_at_its_field(maya: Client, shop: Worker) -> None:
    suite = save(maya)
    sent = {"opened_as": "home", "name": "home", "base": "1", "path": "/", "method": "POST"}
    answer = maya.post(f"/workers/shop/checks/{suite.pk}/", sent | {"body": "x" * 10 * 1024 * 1024})
    assert answer.status_code == 422
    assert "a body has at most 1,048,576 bytes" in answer.content.decode()
    yaml = f"name: smoke\nchecks: [{{name: a, request: {{body: {'x' * 10 * 1024 * 1024}}}}}]"
    answer = maya.post("/workers/shop/checks/", {"yaml": yaml})
    assert "checks[0].request.body: a body has at most" in answer.content.decode()
