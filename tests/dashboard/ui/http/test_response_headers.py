"""What every answer says to browsers and caches, whoever asks."""

import pytest
from django.http import HttpResponse

from dashboard.ui.http.response_headers import headers_before_django, headers_middleware
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/workers/", "/accounts/", "/playground/", "/nothing-here"])
def test_no_cache_stores_a_page_of_a_person(maya, path):
    make_worker("shop")
    assert "no-store" in maya.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/accounts/login/", "/healthz", "/api/workers", "/"])
def test_every_answer_has_the_security_headers(client, path):
    answer = client.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in answer
    policy = answer["Content-Security-Policy"]
    assert "object-src 'none'" in policy and "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_hsts_covers_hosts_below_over_https(client, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    answer = type(client)().get("/accounts/login/", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/logout/", "/workers/", "/api/plans"]
)
def test_trace_is_no_method_here(maya, path):
    answer = maya.trace(path, headers={"X-Probe": "echo me"})
    assert answer.status_code >= 400 and b"echo me" not in answer.content


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/accounts/login/", "text/html; charset=utf-8"),
        ("/healthz", "application/json"),  # UTF-8 by definition (RFC 8259)
        ("/api/workers", "application/json"),
    ],
)
def test_an_answer_says_what_it_is(client, path, kind):
    assert client.get(path)["Content-Type"] == kind


def test_cookies_stay_from_scripts_and_from_other_sites(client):
    make_user("maya")
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"username": "maya", "password": "pw"})
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/" and not cookie["domain"], name


@pytest.mark.parametrize("path", ["/.git/config", "/static/", "/static/css/", "/static/../.git/"])
def test_no_folder_is_served(maya, path):
    assert maya.get(path).status_code == 404


def test_no_site_frames_a_static_file(client):
    for path in ("/static/css/base.css", "/static/nothing.css"):
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_answer_before_django_has_them_too(settings):
    assert b"strict-transport-security" not in dict(headers_before_django())
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    headers = dict(headers_before_django())
    assert headers[b"strict-transport-security"] == b"max-age=31536000; includeSubDomains"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"content-security-policy"] == b"frame-ancestors 'none'"


async def test_the_loop_adds_them_as_well(rf):
    async def view(request):
        return HttpResponse("one's own", headers={"Cache-Control": "max-age=60"})

    answer = await headers_middleware(view)(rf.get("/"))
    assert answer["Cache-Control"] == "max-age=60"  # a view knows better
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
