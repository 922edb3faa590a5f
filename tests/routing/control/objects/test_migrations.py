import pytest
from django.core.management import call_command

from dashboard.accounts.actor import Actor
from dashboard.edges.registry import edges
from dashboard.edges.registry.names import EdgeRefused
from routing.control import deploy, upload
from routing.control.deploy import DeployRefused
from routing.control.edge_groups import GroupsRefused, move_edge, set_worker_groups
from routing.control.previews import PreviewUnknown, find_preview
from routing.control.publish import publish
from routing.models import (
    DEFAULT_GROUP,
    AuditEntry,
    DeletedObjects,
    Edge,
    ObjectNamespace,
    Version,
    Worker,
)
from routing.rules.object_migrations import Migration, Rename, Step, Transfer
from routing.snapshot import BindingSpec, ObjectClass, WorkerSpec, from_json, to_json
from routing.upload_draft import UploadRefused
from tests.factories import T0, make_deployment, make_draft, make_edge, make_worker
from tests.routing.control.objects.uploads import bind, classes_of, migrate, upload_live

pytestmark = pytest.mark.django_db
SHELL = Actor(None, "shell", T0)
BY = {"actor": None, "source": "shell", "now": T0}


def spec(worker: str) -> WorkerSpec:
    return next(row for row in publish().workers if row.name == worker)


def test_a_migration_makes_namespaces_and_the_version_names_them():
    version = migrate("chat", {"created_sqlite": ("Room",)}, "v1", bindings=[bind("ROOMS", "Room")])
    namespace = ObjectNamespace.objects.get()
    assert (namespace.worker.name, namespace.class_name, namespace.sqlite) == ("chat", "Room", True)
    assert Worker.objects.get().migration_tag == version.migration_tag == "v1"
    assert version.object_specs == (ObjectClass(class_name="Room", namespace=namespace.key),)
    assert version.bindings[0]["namespace_id"] == namespace.key
    assert AuditEntry.objects.get(action="worker.objects").after["Room"] == namespace.key


def test_edges_get_the_classes_and_the_bindings():
    migrate("chat", {"created_sqlite": ("Room",), "created": ("Log",)}, "v1")
    key = ObjectNamespace.objects.get(class_name="Room").key
    upload_live("caller", bindings=[bind("ROOMS", "Room", "chat")])
    snapshot = from_json(to_json(publish()))
    caller, chat = snapshot.workers
    assert [(c.class_name, c.sqlite) for c in chat.versions[0].objects] == [
        ("Log", False),
        ("Room", True),
    ]
    assert caller.versions[0].objects == ()
    assert caller.versions[0].bindings[0].options == {
        "class_name": "Room",
        "namespace_id": key,
        "script_name": "chat",
    }


def test_a_rename_reaches_the_bindings_of_other_workers():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    upload_live("caller", bindings=[bind("ROOMS", "Room", "chat")])
    before = publish()
    key = ObjectNamespace.objects.get().key
    migrate("chat", {"renamed": (Rename("Room", "Hall"),)}, "v2", "v1")
    change = publish(before.revision)
    assert [worker.name for worker in change.workers] == ["caller", "chat"]
    caller = change.workers[0].versions[0]
    assert caller.bindings[0].options["class_name"] == "Hall"
    assert caller.bindings[0].options["namespace_id"] == key
    assert change.workers[1].versions[0].objects[0].namespace == key


def test_a_transfer_moves_the_namespace_and_leaves_the_other_worker_deployable():
    source = migrate("chat", {"created_sqlite": ("Room",)}, "v1", bindings=[bind("R", "Room")])
    migrate("halls", {"transferred": (Transfer("chat", "Room", "Hall"),)}, "v1")
    chat, halls = publish().workers
    assert chat.versions[0].objects == () and halls.versions[0].objects[0].class_name == "Hall"
    assert chat.versions[0].bindings[0].options["script_name"] == "halls"
    make_deployment(source.worker, (source, 100))


def test_swapped_names_are_saved():
    migrate("chat", {"created_sqlite": ("A", "B")}, "v1")
    before = classes_of("chat")
    swap = (Rename("A", "x"), Rename("B", "A"), Rename("x", "B"))
    migrate("chat", {"renamed": swap}, "v2", "v1", exports=("A", "B"))
    assert classes_of("chat") == {"A": before["B"], "B": before["A"]}


def test_deleted_namespaces_are_published_for_good():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    key = ObjectNamespace.objects.get().key
    migrate("chat", {"deleted": ("Room",)}, "v2", "v1")
    assert publish().deleted_objects == (key,)
    revision = publish().revision
    make_deployment(make_worker("other"))
    assert publish(revision).deleted_objects == (key,)


def test_deleting_a_worker_deletes_its_objects():
    version = migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    key = ObjectNamespace.objects.get().key
    deploy.delete_worker(worker=version.worker, author=None, source="x", now=T0)
    assert DeletedObjects.objects.get().key == key and not ObjectNamespace.objects.exists()


REFUSED = {
    "another tag": ({"created_sqlite": ("A",)}, "v2", "v0", ("Room", "A"), "object_tag"),
    "a class that exists": ({"created": ("Room",)}, "v2", "v1", ("Room",), "object_class"),
    "a class that is not exported": (
        {"created_sqlite": ("A",)},
        "v2",
        "v1",
        ("Room",),
        "object_new_export",
    ),
    "a class that is lost": ({}, "v2", "v1", (), "object_export"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_migrations_change_nothing(case):
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    before = classes_of("chat"), Version.objects.count(), publish()
    step, new, old, exports, kind = REFUSED[case]
    with pytest.raises(UploadRefused) as refused:
        migrate("chat", step, new, old, exports=exports)
    assert refused.value.kind == kind
    assert (classes_of("chat"), Version.objects.count(), publish()) == before
    assert Worker.objects.get().migration_tag == "v1"


def test_a_migration_needs_a_deployment_and_an_applied_one_does_not():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    with pytest.raises(UploadRefused) as refused:
        migrate("chat", {"created_sqlite": ("A",)}, "v2", "v1", live=False)
    assert refused.value.kind == "object_deploy"
    version = upload_live("chat", exports=("Room",), live=False)
    assert version.migration_tag == "v1" and version.object_specs


@pytest.mark.parametrize(
    "binding", [bind("R", "No"), bind("R", "Room", "other"), bind("R", key="f" * 32)]
)
def test_a_binding_needs_a_namespace(binding: BindingSpec):
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    with pytest.raises(UploadRefused) as refused:
        upload_live("chat", exports=("Room",), bindings=[binding])
    assert (refused.value.kind, refused.value.names) == ("object_binding", ("R",))


def test_a_class_with_a_binding_is_not_deleted():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    upload_live("caller", bindings=[bind("ROOMS", "Room", "chat")])
    with pytest.raises(UploadRefused) as refused:
        migrate("chat", {"deleted": ("Room",)}, "v2", "v1")
    assert refused.value.kind == "object_binding"
    upload_live("caller")
    with pytest.raises(UploadRefused) as refused:
        migrate("chat", {"deleted": ("Room",)}, "v2", "v1", bindings=[bind("R", "Room")])
    assert refused.value.kind == "object_binding"
    migrate("chat", {"deleted": ("Room",)}, "v2", "v1")


def test_a_version_from_before_a_migration_is_not_deployed_again():
    old = upload_live("chat")
    first = migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    second = upload_live("chat", exports=("Room",), live=False)
    make_deployment(first.worker, (second, 10), (first, 90))
    for shares in [[(old, 100)], [(old, 10), (first, 90)]]:
        with pytest.raises(DeployRefused) as refused:
            make_deployment(first.worker, *shares)
        assert refused.value.code == "migration"


def test_a_copy_binds_the_same_namespace_after_a_rename():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    caller = upload_live("caller", bindings=[bind("ROOMS", "Room", "chat")])
    migrate("chat", {"renamed": (Rename("Room", "Hall"),)}, "v2", "v1")
    copy = upload_live("caller", bindings=upload.draft_of(caller).bindings)
    assert copy.bindings[0]["class_name"] == "Hall"


def test_a_concurrent_migration_is_noticed():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")

    def meanwhile() -> None:
        ObjectNamespace.objects.filter(class_name="Room").update(class_name="Hall")

    with pytest.raises(UploadRefused) as refused:
        upload_live("chat", exports=("Room", "Hall"), during=meanwhile)
    assert refused.value.kind == "concurrent"


def test_a_preview_binds_objects_of_others_and_there_is_none_of_their_own_version():
    room = migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    caller = upload_live("caller", bindings=[bind("ROOMS", "Room", "chat")], live=False)
    preview = find_preview(f"{caller.short_id}-caller")
    assert preview.version.bindings[0].options["script_name"] == "chat"
    with pytest.raises(PreviewUnknown):
        find_preview(f"{room.short_id}-chat")


def test_a_migration_without_tags_leaves_the_tag():
    migration = Migration(steps=(Step(created_sqlite=("A",)),))
    upload_live("chat", make_draft(migration=migration), exports=("A",))
    assert Worker.objects.get().migration_tag == "" and classes_of("chat").keys() == {"A"}


def test_the_oldest_edge_gets_the_objects_and_keeps_them():
    fra, iad = make_edge("fra"), make_edge("iad")
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    assert spec("chat").objects_edge == ("fra",)
    upload_live("shop")
    assert spec("shop").objects_edge == ()
    Edge.objects.filter(pk=fra.pk).update(removed_at=T0)
    migrate("chat", {"created_sqlite": ("Log",)}, "v2", "v1", exports=("Room", "Log"))
    assert spec("chat").objects_edge == ("fra",)
    call_command("edge", "objects", "--worker", "chat", "--name", "iad")
    assert spec("chat").objects_edge == ("iad",)
    assert AuditEntry.objects.get(action="worker.objects_edge").before == {"edge": "fra"}
    before = publish().revision
    edges.rename(iad, "ord", SHELL)
    Edge.objects.update(status={"agent": {"name": "iad"}})
    (changed,) = publish(before).workers
    assert changed.objects_edge == ("ord", "iad")


def test_an_edge_with_objects_is_not_removed_and_moves_only_with_their_worker():
    fra, iad = make_edge("fra"), make_edge("iad")
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    with pytest.raises(EdgeRefused, match="chat"):
        edges.remove(fra, SHELL)
    set_worker_groups(Worker.objects.get(), [DEFAULT_GROUP, "eu"], **BY)
    with pytest.raises(GroupsRefused, match="chat"):
        move_edge(fra, "us", **BY)
    assert move_edge(fra, "eu", **BY) and move_edge(iad, "us", **BY)
    assert edges.remove(iad, SHELL)
    make_edge("ord")
    call_command("edge", "objects", "--worker", "chat", "--name", "ord")
    assert edges.remove(fra, SHELL)


def test_without_edges_the_first_one_gets_the_objects():
    migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    assert spec("chat").objects_edge == ()
    make_edge("fra")
    assert spec("chat").objects_edge == ("fra",)


def test_a_worker_does_not_leave_the_edge_of_its_objects():
    make_edge("fra")
    version = migrate("chat", {"created_sqlite": ("Room",)}, "v1")
    with pytest.raises(GroupsRefused):
        set_worker_groups(version.worker, ["asia"], actor=None, source="shell", now=T0)
    both = ["asia", DEFAULT_GROUP]
    assert set_worker_groups(version.worker, both, actor=None, source="shell", now=T0)
