"""The pages of *Storage*."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dashboard.storage import kv
from routing.models import AuditEntry, StateBinding, StateNamespace
from tests.factories import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def url(namespace, tail=""):
    return f"/storage/kv/{namespace.key}/{tail}"


def test_an_operator_creates_a_namespace_and_sees_who_uses_it(maya):
    assert b"No namespaces yet" in maya.get("/storage/").content
    answer = maya.post("/storage/new/", {"kind": "kv", "title": "CART"})
    made = StateNamespace.objects.get()
    assert answer.status_code == 302 and answer.url == url(made)
    assert maya.post("/storage/new/", {"kind": "kv", "title": "CART"}).status_code == 422
    assert maya.post("/storage/new/", {"kind": "tape", "title": "T"}).status_code == 400
    version = make_version("shop")
    StateBinding.objects.create(version=version, name="DATA", kind="kv", reference=made.key)
    assert b"/workers/shop/" in maya.get("/storage/").content


def test_the_list_takes_as_many_queries_for_one_namespace_as_for_many(
    maya, sessions, django_assert_num_queries, django_assert_max_num_queries, no_minute_passes
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    maya.get("/storage/")
    with CaptureQueriesContext(connection) as one:
        maya.get("/storage/")
    for n in range(10):
        StateNamespace.objects.create(
            kind="kv", key=str(n), title=str(n), created_at=sessions.created_at
        )
    with django_assert_num_queries(len(one)):
        maya.get("/storage/")


def test_keys_are_found_by_prefix_in_pages(maya, sessions):
    kv.put_many(sessions.key, [{"key": f"user:{n:02}", "value": "v"} for n in range(60)])
    kv.put(sessions.key, "other", b"v", metadata={"a": 1}, ttl=100)
    shown = maya.get(url(sessions)).context
    assert len(shown["rows"]) == 50 and shown["next_url"]
    assert shown["rows"][0].metadata == '{"a": 1}' and shown["rows"][0].expires_at
    rest = maya.get(url(sessions) + shown["next_url"]).context
    assert len(rest["rows"]) == 11 and not rest["next_url"]
    assert not maya.get(url(sessions, "?prefix=nobody")).context["rows"]


def test_a_value_is_written_read_and_deleted(maya, sessions):
    typed = {"new": "1", "name": "a/b", "value": "line\r\ntwo", "metadata": "[1]", "ttl": "90"}
    answer = maya.post(url(sessions, "value/save/"), typed)
    assert answer.status_code == 302
    assert kv.get(sessions.key, "a/b") == kv.Value(b"line\ntwo", [1])
    shown = maya.get(answer.url)
    assert shown.context["form"].text == "line\ntwo" and shown.context["expires_at"]
    kept = kv.find_key(sessions.key, "a/b").expiration
    again = {"name": "a/b", "value": "x", "keep": "1"}
    maya.post(url(sessions, "value/save/"), again)
    assert kv.find_key(sessions.key, "a/b").expiration == kept
    assert maya.get(url(sessions, "value/content/?name=a/b")).content == b"x"
    maya.post(url(sessions, "value/delete/"), {"name": "a/b"})
    assert maya.get(answer.url).status_code == 404
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["kv.create", "kv.put", "kv.put", "kv.remove"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 513}, "name"),
        ({"name": "k", "metadata": "{"}, "metadata"),
        ({"name": "k", "ttl": "59"}, "ttl"),
        ({"name": "k", "ttl": "soon"}, "ttl"),
        ({"name": "k", "metadata": '"' + "m" * 1025 + '"'}, ""),
    ],
)
def test_a_rejected_value_comes_back_with_the_reason(maya, sessions, typed, wrong):
    answer = maya.post(url(sessions, "value/save/"), typed | {"value": "text", "new": "1"})
    assert answer.status_code == 422 and answer.context["wrong"] == wrong
    assert answer.context["problem"] and answer.context["form"].text == "text"
    assert kv.list_keys(sessions.key).keys == ()


def test_bytes_are_downloaded_and_never_edited(maya, sessions):
    kv.put(sessions.key, "image", b"\x89PNG\0")
    shown = maya.get(url(sessions, "value/?name=image"))
    assert not shown.context["is_text"] and b"<textarea" not in shown.content


def test_viewers_see_names_only(vera, sessions):
    kv.put(sessions.key, "k", b"v")
    shown = vera.get(url(sessions))
    assert b'data-key="k"' in shown.content and b"?name=k" not in shown.content
    for method, path in (
        ("get", "value/?name=k"),
        ("get", "value/content/?name=k"),
        ("post", "value/save/"),
        ("post", "value/delete/"),
        ("post", "rename/"),
        ("post", "delete/"),
    ):
        assert getattr(vera, method)(url(sessions, path)).status_code == 403
    assert vera.post("/storage/new/").status_code == 403


def test_deleting_needs_an_admin_and_the_title_and_names_the_workers(admin, maya, sessions):
    version = make_version("shop")
    StateBinding.objects.create(version=version, name="D", kind="kv", reference=sessions.key)
    assert b"<b>shop</b> uses it" in admin.get(url(sessions)).content
    assert maya.post(url(sessions, "delete/"), {"title": "SESSIONS"}).status_code == 403
    admin.post(url(sessions, "delete/"), {"title": "SESSION"})
    assert StateNamespace.objects.exists()
    admin.post(url(sessions, "rename/"), {"title": "S"})
    assert admin.post(url(sessions, "delete/"), {"title": "S"}).url == "/storage/"
    assert not StateNamespace.objects.exists()


# httpcore leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_the_state_process_pages_say_so(admin, sessions, settings):
    settings.STATE_URL = "unix:/nowhere/state.sock"
    assert b"data-problem" in admin.get(url(sessions)).content
    assert admin.get(url(sessions, "value/?name=k")).status_code == 302
    saved = admin.post(url(sessions, "value/save/"), {"name": "k", "value": "v"})
    assert saved.status_code == 422 and "sluice state" in saved.context["problem"]
    admin.post(url(sessions, "delete/"), {"title": "SESSIONS"})
    assert StateNamespace.objects.exists()


@pytest.mark.parametrize("kind", ["d1", "queue", "r2"])
def test_other_kinds_are_not_renamed(maya, kind):
    now = timezone.now()
    made = StateNamespace.objects.create(kind=kind, key="a", title="a", created_at=now)
    answer = maya.post(f"/storage/{kind}/a/rename/", {"title": "b"})
    made.refresh_from_db()
    assert answer.status_code == 404 and made.title == "a"
