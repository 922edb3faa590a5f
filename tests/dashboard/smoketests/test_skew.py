"""Skew: which files a page names, and whether the other version serves them."""

from __future__ import annotations

import pytest
from django.utils import timezone
from hypothesis import given, settings, strategies as st

from dashboard.smoketests.html_files import files_of
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs import skew
from tests.dashboard.smoketests.test_exchanges import edge, go, shop  # noqa: F401

PAGE = """<!doctype html><html><head><base href="/app/">
<link rel="stylesheet" href="main.css?v=1"><link rel="Icon" href="/favicon.ico">
<link rel=modulepreload href=chunk.js><link rel="canonical" href="/app/">
<link rel=preload as=image imagesrcset="/a.png 1x, /b.png 2x">
<script src="./main.js#x"></script><script>"inline"</script>
<script src="https://cdn.example/x.js"></script><script src="//shop.localhost/y.js"></script>
<img src="data:image/png;base64,AA" srcset="small.png 400w, /big.png 800w">
<video poster=poster.jpg><source src="film.mp4"></video><a href="/other">no file</a>
<svg><use href="icons.svg#home"></use></svg><script src="main.js"></script>
"""


def test_files_of_the_own_origin_in_order_each_once():
    assert files_of(PAGE, "/somewhere/", "shop.localhost:8787") == [
        "/app/main.css?v=1",
        "/favicon.ico",
        "/app/chunk.js",
        "/a.png",
        "/b.png",
        "/app/main.js",
        "/y.js",
        "/app/small.png",
        "/big.png",
        "/app/poster.jpg",
        "/app/film.mp4",
        "/app/icons.svg",
    ]


def test_without_a_base_references_start_at_the_page():
    page = '<script src="a.js"></script><img src="http://[bad"><img src="ftp://shop/x">'
    assert files_of(page, "/blog/post?x=1", "shop") == ["/blog/a.js"]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>/=\"' abcimgsrclnkhe:#?[]!-&;\n", max_size=300))
def test_any_text_has_some_files(text):
    assert all(target.startswith("/") for target in files_of(text, "/", "shop"))


pytest_db = pytest.mark.django_db(transaction=True)
CHECKS = "  - {name: a, assert: [{no_skew: {most: 3}}]}"


def serving(worker, files):
    """Each version has a page with its own script; `files` are (number, path) that are served."""
    numbers = {str(v.id): v.number for v in worker.versions.all()}

    def answer(asked):
        number = numbers[asked.version]
        if asked.path == "/":
            return 200, f'<script src="/app-{number}.js"></script>', "text/html; charset=utf-8"
        if (number, asked.path) in files:
            return 200, "app()", "text/javascript"
        return files.get("fallback", (404, "no", "text/plain"))

    return answer


BOTH = {(1, "/app-2.js"): 1, (2, "/app-1.js"): 1}


@pytest_db
def test_versions_that_serve_each_others_files_pass(shop, edge):  # noqa: F811
    edge.answers = serving(shop, BOTH)
    run = go(shop, CHECKS)
    assert run.state == SmokeRun.State.PASSED
    assert run.results.get().results[1]["actual"] == "2 files"
    assert [asked.path for asked in edge.asked][:2] == ["/", "/"] and len(edge.asked) == 4


@pytest_db
@pytest.mark.parametrize(
    ("fallback", "why"),
    [((404, "no", "text/plain"), "404"), ((200, "<html>", "text/html"), "a page instead")],
)
def test_a_file_that_the_other_version_lacks_is_listed(shop, edge, fallback, why):  # noqa: F811
    edge.answers = serving(shop, {(1, "/app-2.js"): 1, "fallback": fallback})
    run = go(shop, CHECKS)
    one, two = (str(shop.versions.get(number=n).id)[:8] for n in (1, 2))
    assert run.state == SmokeRun.State.FAILED
    result = run.results.get().results[1]
    assert result["actual"] == f"1 of 2 files missing: {two} lacks /app-1.js of {one} ({why})"


@pytest_db
def test_files_of_a_custom_domain_are_those_of_the_page(shop, edge):  # noqa: F811
    shop.subdomain_enabled = False
    shop.save()
    shop.domains.create(hostname="app.example.com", zone="example.com", created_at=timezone.now())
    page = '<img src="//app.example.com/1.png"><img src="//shop.localhost/2.png">'
    file = (200, "x", "image/png")
    edge.answers = lambda asked: (200, page, "text/html") if asked.path == "/" else file
    go(shop, CHECKS)
    assert [asked.path for asked in edge.asked] == ["/", "/", "/1.png", "/1.png"]


@pytest_db
def test_what_is_no_page_fails_and_time_is_limited(shop, edge, monkeypatch):  # noqa: F811
    assert go(shop, CHECKS).state == SmokeRun.State.FAILED  # JSON
    edge.answers = serving(shop, BOTH)
    monkeypatch.setattr(skew, "SECONDS", -1.0)
    run = go(shop, "  - {name: b, assert: [{no_skew: {}}]}")
    assert run.results.get().results[1]["actual"].count("(not asked)") == 2


@pytest_db
def test_at_most_so_many_files_of_a_page(shop, edge):  # noqa: F811
    page = "".join(f'<img src="/{n}.png">' for n in range(9))
    file = (200, "x", "image/png")
    edge.answers = lambda asked: (200, page, "text/html") if asked.path == "/" else file
    assert go(shop, CHECKS).results.get().results[1]["actual"] == "6 files"
