"""The pages about single requests: who may see them, what they say, how much they ask."""

import pytest
from django.test import Client

from dashboard.fleet.deployment_cache import forget
from dashboard.observability.requests import invocation_row
from routing.models import InvocationDetail, Worker
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

LINE = {"level": "log", "message": ["hello <b>", {"a": 1}], "timestamp": 1}
ERROR = {"name": "RangeError", "message": "no <i>", "stack": "at helper (x.js:1:2)"}


@pytest.fixture
def row(db):
    """An invocation of `shop` that threw."""
    edge, deployment = make_edge(), make_deployment(make_worker("shop"))
    made = make_invocation(edge, deployment, ray="r-1", status=500, path="/throw")
    InvocationDetail.objects.create(
        edge=edge,
        detail_id="1",
        ray="r-1",
        worker="shop",
        version_id=made.version_id,
        outcome="exception",
        started_on=made.started_on,
        wall_ms=7,
        logs=[LINE],
        exceptions=[ERROR],
        failed=True,
    )
    return made


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


PAGES = ["/invocations/", "/invocations/r-1/", "/workers/shop/invocations/", "/workers/shop/log/"]


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_asked_to_sign_in(row, path):
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_the_version_and_what_it_said_as_text(row, vera, path):
    html = read(vera, path)
    assert row.version_id[:8] in html and "Stable" in html
    assert "RangeError" in html and "hello &lt;b&gt;" in html and "<b>hello" not in html
    assert " style=" not in html and "<script>" not in html


def test_the_trace_shows_the_stack_and_leads_to_the_playground(row, maya):
    html = read(maya, "/invocations/r-1/")
    assert "at helper (x.js:1:2)" in html
    assert f"/playground/?worker=shop&amp;version={row.version_id}" in html


@pytest.mark.parametrize("path", ["/invocations/none/", "/workers/none/log/"])
def test_what_nobody_knows_is_not_found(row, maya, path):
    assert maya.get(path).status_code == 404


def test_a_list_of_nothing_says_how_to_begin(maya, db):
    make_worker("shop")
    assert "No requests yet" in read(maya, "/workers/shop/invocations/")
    assert "Nothing matches" in read(maya, "/workers/shop/invocations/?q=x")


def test_the_list_says_how_complete_it_is(row, maya):
    assert "1 of 1 request listed" in read(maya, "/workers/shop/invocations/")
    row.edge.status = {"shipping": {"details_dropped": 3}}
    row.edge.save()
    assert "The output of 3 requests was dropped" in read(maya, "/workers/shop/invocations/")


def test_rpc_calls_are_listed_as_the_called_worker_told(row, maya):
    InvocationDetail.objects.create(
        edge=row.edge,
        detail_id="2",
        worker="shop",
        version_id=row.version_id,
        rpc_method="add",
        entrypoint="Named",
        outcome="ok",
        started_on=row.started_on,
        wall_ms=3,
    )
    for path in ("/workers/shop/invocations/", "/invocations/"):
        assert "Named.add()" in read(maya, path)
    assert "Named.add()" not in read(maya, "/workers/shop/invocations/?before=1-1")


def test_a_request_to_a_versions_own_address_says_so(row, maya):
    deployment = Worker.objects.get().deployments.get()
    make_invocation(row.edge, deployment, ray="r-2", deployment_id="", reason="preview")
    html = read(maya, "/invocations/?reason=preview")
    assert (
        "By its own address" in html and "Previously deployed" not in html and "/throw" not in html
    )


def test_more_than_a_page_has_a_next_one(row, maya, monkeypatch):
    monkeypatch.setattr("dashboard.observability.requests.search.PAGE", 1)
    make_invocation(row.edge, make_deployment(row_worker()), path="/newer")
    html = read(maya, "/workers/shop/invocations/?status=&q=")
    assert "/newer" in html and "/throw" not in html and "before=" in html


def row_worker():
    return Worker.objects.get(name="shop")


def test_the_number_of_queries_does_not_grow_with_the_rows(
    row, maya, django_assert_max_num_queries
):
    deployment = make_deployment(row_worker())
    read(maya, "/workers/shop/invocations/")
    invocation_row._roles.clear()
    forget()
    with django_assert_max_num_queries(25) as few:
        read(maya, "/workers/shop/invocations/")
    for _ in range(30):
        make_invocation(row.edge, deployment)
    invocation_row._roles.clear()
    forget()
    with django_assert_max_num_queries(len(few)):
        read(maya, "/workers/shop/invocations/")


@pytest.mark.parametrize("ray", ["", "a/b", "..", "a?b"])
@pytest.mark.parametrize("worker", ["shop", "", "a/b"])
def test_a_row_that_no_address_leads_to_is_shown_without_a_link(row, vera, ray, worker):
    deployment = Worker.objects.get().deployments.get()
    made = make_invocation(row.edge, deployment, ray=ray, worker=worker, version_id="no-uuid")
    html = read(vera, "/invocations/")
    assert f"i-{row.edge_id}-{made.request_id}" in html and "/invocations/r-1/" in html
    assert 'href=""' not in html and "/invocations//" not in html
    assert invocation_row.row_html(invocation_row.rows_of([made])[0])  # as the live log pushes it


def test_an_rpc_call_with_an_odd_version_is_shown_without_a_link(row, vera):
    detail = InvocationDetail.objects.get()
    detail.pk, detail.detail_id, detail.rpc_method, detail.version_id = None, "2", "add", "odd"
    detail.save()
    assert "default.add()" in read(vera, "/invocations/")
