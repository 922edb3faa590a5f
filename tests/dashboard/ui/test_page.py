"""One view, page or fragment: what the server sends to whom."""

import pytest

pytestmark = pytest.mark.django_db


def test_a_plain_request_gets_the_page(maya):
    response = maya.get("/workers/")
    assert b"<html" in response.content
    assert {"HX-Request", "HX-Boosted"} <= set(response["Vary"].replace(" ", "").split(","))


def test_htmx_gets_the_fragment(maya):
    response = maya.get("/workers/", headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert response.content.strip().startswith(b'<div id="worker-list"')


def test_a_boosted_request_gets_the_page(maya):
    response = maya.get("/workers/", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert b"<html" in response.content


def test_going_back_in_the_history_gets_the_page(maya):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert b"<html" in maya.get("/workers/", headers=headers).content


def test_a_fragment_asks_nothing_for_the_frame(maya, django_assert_max_num_queries):
    # session, person, Workers, traffic, health, groups of edges
    with django_assert_max_num_queries(6):
        maya.get("/workers/", headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    "path", ["/workers", "/workers/shop", "/workers/shop/versions", "/activity", "/playground"]
)
def test_a_page_without_its_last_slash_is_redirected_with_its_query(maya, path):
    answer = maya.get(f"{path}?q=a%20b&x")
    assert (answer.status_code, answer["Location"]) == (301, f"{path}/?q=a%20b&x")


def test_only_pages_are_redirected(maya):
    assert maya.post("/workers/shop/split", {"percentage": "5"}).status_code == 404
    assert maya.get("/client/v4/nothing").status_code == 404
    assert maya.get("/nothing").status_code == 404
