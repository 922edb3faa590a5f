"""A bucket's pages."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dashboard.storage.r2 import objects
from routing.models import AuditEntry, StateNamespace

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = "/storage/r2/photos/"


@pytest.fixture
def photos(maya):
    answer = maya.post("/storage/new/", {"kind": "r2", "title": "photos"})
    assert answer.url == PAGE
    yield StateNamespace.objects.get()
    found = objects.list_objects("photos").objects
    objects.delete("photos", [each.key for each in found])


def put(key, content=b"x"):
    objects.put("photos", key, [content], len(content), custom={"by": "worker"})


def test_folders_are_browsed_by_prefix(maya, photos):
    assert b"No objects yet" in maya.get(PAGE).content
    for key in ("a/b/1.txt", "a/2.txt", "top.txt"):
        put(key)
    shown = maya.get(PAGE).context
    assert [folder.name for folder in shown["folders"]] == ["a/"]
    assert [row.name for row in shown["objects"]] == ["top.txt"]
    inside = maya.get(shown["folders"][0].url).context
    assert [folder.name for folder in inside["folders"]] == ["b/"]
    assert [row.name for row in inside["objects"]] == ["2.txt"]
    assert [folder.name for folder in inside["above"]] == ["a"]
    assert b"No key begins with" in maya.get(f"{PAGE}?prefix=zzz").content


def test_many_objects_come_in_pages(maya, photos):
    for n in range(101):
        put(f"{n:03}")
    first = maya.get(PAGE).context
    assert len(first["objects"]) == 100 and first["next_url"]
    rest = maya.get(PAGE + first["next_url"]).context
    assert [row.name for row in rest["objects"]] == ["100"] and not rest["next_url"]


def test_a_file_is_uploaded_downloaded_and_deleted(maya, photos):
    file = SimpleUploadedFile("cat <1>.html", b"<script>", content_type="text/html")
    answer = maya.post(PAGE + "upload/", {"prefix": "a/", "file": file})
    assert answer.status_code == 302
    shown = maya.get(answer.url)
    assert shown.context["object"].key == "a/cat <1>.html" and b"cat <1>" not in shown.content
    download = maya.get(shown.context["content_url"])
    assert b"".join(download.streaming_content) == b"<script>"
    assert download["Content-Disposition"] == "attachment"
    assert download["Content-Type"] == "application/octet-stream"
    gone = maya.post(PAGE + "object/delete/", {"name": "a/cat <1>.html"})
    assert gone.url == f"{PAGE}?prefix=a%2F"
    assert not objects.list_objects("photos").objects
    actions = AuditEntry.objects.filter(action__startswith="r2.").values_list("action", flat=True)
    assert sorted(actions) == ["r2.create", "r2.put", "r2.remove"]


def test_metadata_are_for_everyone_and_contents_for_operators(vera, maya, photos):
    put("secret.txt")
    shown = vera.get(PAGE + "object/?name=secret.txt")
    assert b"worker" in shown.content and b"data-custom" in shown.content
    assert vera.get(PAGE + "object/content/?name=secret.txt").status_code == 403
    assert vera.post(PAGE + "upload/", {}).status_code == 403
    assert vera.post(PAGE + "object/delete/", {"name": "secret.txt"}).status_code == 403
    assert maya.get(PAGE + "object/?name=missing").status_code == 404


def test_a_bad_name_and_a_missing_file_say_why(maya, photos):
    refused = maya.post("/storage/new/", {"kind": "r2", "title": "No Capitals"})
    assert refused.status_code == 422 and b"3 to 63" in refused.content
    assert maya.post(PAGE + "upload/", {"prefix": "a/"}).url == f"{PAGE}?prefix=a%2F"
    assert maya.post("/storage/r2/photos/rename/", {"title": "x"}).status_code == 404


def test_an_admin_deletes_a_bucket_with_its_objects(admin, maya, photos):
    put("a")
    admin.post("/storage/r2/photos/delete/", {"title": "photos"})
    assert not StateNamespace.objects.exists()
    maya.post("/storage/new/", {"kind": "r2", "title": "photos"})
    assert not objects.list_objects("photos").objects


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_the_state_process_the_page_says_so(maya, photos, settings):
    url, settings.STATE_URL = settings.STATE_URL, "unix:/nonexistent/state.sock"
    assert b"data-problem" in maya.get(PAGE).content
    assert maya.post("/storage/new/", {"kind": "r2", "title": "other"}).status_code == 422
    settings.STATE_URL = url
