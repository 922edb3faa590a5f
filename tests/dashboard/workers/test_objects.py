"""Durable Objects on the pages: the list, deployments, versions, the editor, deletion."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.rollouts.actions.start import StartRefused
from routing.control.upload import draft_of, upload_version
from routing.models import Edge, ObjectNamespace, Version
from tests.dashboard.workers.editor.form import fields, newest
from tests.factories import make_edge
from tests.routing.control.objects.uploads import bind, inspection, migrate, upload_live

pytestmark = pytest.mark.django_db
ROOMS = [bind("ROOMS", "Room")]


@pytest.fixture
def chat(maya: Client) -> Version:
    """#1 of "shop" without objects, #2 with the class Room, live; "caller" binds it."""
    upload_live("shop")
    version = migrate("shop", {"created_sqlite": ("Room",)}, "v1", bindings=ROOMS)
    upload_live("caller", bindings=[bind("ROOMS", "Room", "shop")])
    return version


def html(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_list_has_classes_with_their_workers_and_what_edges_reported(maya, chat):
    namespace = ObjectNamespace.objects.get()
    for name, count in (("fra", 3), ("iad", 1)):
        make_edge(name)
        status = {"objects": {namespace.key: {"objects": count, "bytes": 1024}, "x": "odd"}}
        Edge.objects.filter(name=name).update(status=status)
    (row,) = maya.get("/storage/objects/").context["rows"]
    assert (row.namespace, row.users) == (namespace, ("caller", "shop"))
    assert (row.reported.count, row.reported.size) == (4, 2048)
    assert [s.version for s in row.standings] == [chat]
    assert f'data-namespace="{namespace.key}"' in html(maya, "/storage/objects/")


def test_the_list_takes_as_many_queries_for_one_class_as_for_many(
    maya, chat, django_assert_num_queries, no_minute_passes
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    maya.get("/storage/objects/")
    with CaptureQueriesContext(connection) as one:
        maya.get("/storage/objects/")
        count = len(one)
    for n in range(5):
        migrate(f"more-{n}", {"created": ("A", "B")}, "v1")
    maya.get("/storage/objects/")
    with django_assert_num_queries(count):
        assert len(maya.get("/storage/objects/").context["rows"]) == 11


def test_without_classes_the_page_shows_how_to_make_one(maya):
    assert "new_sqlite_classes" in html(maya, "/storage/objects/")


def test_forms_explain_how_objects_follow_a_deployment(maya, chat):
    second = upload_live("shop", exports=("Room",), bindings=ROOMS, live=False)
    address = f"/workers/shop/split/?version={second.id}"
    assert "data-objects" in html(maya, address)
    upload_live("shop", exports=("Room",), bindings=ROOMS)
    back = html(maya, f"/workers/shop/rollback/?version={chat.id}")
    assert "data-objects" in back and "data-bound>" in back and "(Durable Objects Room)" in back
    assert "data-objects" not in html(maya, "/workers/caller/split/")


def test_a_version_from_before_a_migration_is_not_offered(maya, chat):
    first = chat.worker.versions.get(number=1)
    for form in ("rollback", "split"):
        answer = maya.get(f"/workers/shop/{form}/?version={first.id}")
        assert 'data-problem="migrated"' in answer.content.decode()
    assert "data-before-migration" in html(maya, f"/workers/shop/versions/{first.id}/")
    assert "v1" in html(maya, "/workers/shop/rollback/")


def test_no_rollout_of_such_a_version_is_started(maya, chat):
    from dashboard.rollouts.actions.start import _candidate

    first = chat.worker.versions.get(number=1)
    with pytest.raises(StartRefused) as refused:
        _candidate(chat.worker, str(first.id))
    assert refused.value.code == "too_old"


def test_the_comparison_shows_classes_and_bindings(maya, chat):
    first = chat.worker.versions.get(number=1)
    shown = html(maya, f"/workers/shop/diff/{first.id}...{chat.id}/")
    assert "Durable Objects: Room" in shown and "durable_object_namespace Room" in shown


def test_the_editor_keeps_and_changes_the_class_of_a_binding(
    maya, chat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", inspection(("Room",)))
    migrate("halls", {"created_sqlite": ("Hall",)}, "v1")
    opened = html(maya, "/workers/shop/edit/")
    assert '<option value="Room" selected>' in opened and '<option value="halls#Hall">' in opened
    for value, expected in (("Room", "Room"), ("halls#Hall", "Hall")):
        sent: dict[str, Any] = {
            "bindings": "1",
            "binding-0-name": "ROOMS",
            "binding-0-kind": "durable_object_namespace",
            "binding-0-value": value,
            "binding-0-kept": "ROOMS",
        }
        answer = maya.post("/workers/shop/edit/", fields(chat.worker) | sent)
        assert answer.status_code == 302
        (saved,) = draft_of(newest(chat.worker)).bindings
        assert saved.options["class_name"] == expected and saved.options["namespace_id"]


def test_deleting_the_worker_names_its_objects(maya, chat):
    shown = html(maya, "/workers/shop/settings/")
    assert "data-deletes-objects" in shown and "caller use" in shown
    assert "wrangler delete --name shop --force" in shown
    assert "data-deletes-objects" not in html(maya, "/workers/caller/settings/")
