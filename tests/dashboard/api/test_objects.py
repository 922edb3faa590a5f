"""Durable Objects: migrations in uploads, bindings, namespaces, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from routing.control.upload import upload_version
from routing.models import ObjectNamespace, Version, Worker
from tests.dashboard.api.conftest import METADATA, Api
from tests.routing.control.objects.uploads import inspection

NAMESPACES = "/workers/durable_objects/namespaces"
ROOMS = {"name": "ROOMS", "type": "durable_object_namespace", "class_name": "Room"}
NEW_ROOM = {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Room"]}]}


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the classes that uploads export."""

    def set_exports(*classes: str) -> None:
        monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", inspection(classes))

    set_exports("Room")
    return set_exports


@pytest.fixture
def chat(api: Api, exports: Any) -> Api:
    """`api`, and the Worker "chat" with a class."""
    assert api.put("chat", metadata()).status == 200
    return api


def metadata(migrations: Any = NEW_ROOM, *bindings: Any) -> dict[str, Any]:
    given = METADATA | {"bindings": list(bindings or [ROOMS])}
    return given | ({"migrations": migrations} if migrations else {})


def refused(api: Api, migrations: Any, *bindings: Any) -> tuple[int, int]:
    before = Version.objects.count(), list(ObjectNamespace.objects.values_list())
    refusal = api.put("chat", metadata(migrations, *bindings)).refusal
    assert (Version.objects.count(), list(ObjectNamespace.objects.values_list())) == before
    return refusal


def test_a_first_deploy_with_a_migration(chat: Api):
    script = chat("GET", "/workers/services/chat").result["default_environment"]["script"]
    assert script["migration_tag"] == "v1"
    assert chat("GET", "/workers/scripts").result[0]["migration_tag"] == "v1"
    namespace = ObjectNamespace.objects.get()
    version = chat("GET", f"/workers/scripts/chat/versions/{Version.objects.get().id}").result
    assert version["resources"]["script_runtime"]["migration_tag"] == "v1"
    assert version["resources"]["bindings"] == [ROOMS | {"namespace_id": namespace.key}]
    assert version["metadata"]["has_preview"] is False
    latest = chat("GET", "/workers/workers/chat/versions/latest").result
    assert latest["migration_tag"] == "v1" and latest["urls"] == []


def test_a_worker_without_migrations_has_no_tag(shop: Api):
    script = shop("GET", "/workers/services/shop").result["default_environment"]["script"]
    assert "migration_tag" not in script


def test_later_uploads_need_no_migration(chat: Api):
    uploaded = chat.post("chat", metadata(None)).result
    assert uploaded["resources"]["bindings"][0]["class_name"] == "Room"
    shares = [{"version_id": uploaded["id"], "percentage": 100}]
    body = {"strategy": "percentage", "versions": shares}
    assert chat("POST", "/workers/scripts/chat/deployments", body).status == 200


def test_a_single_step_may_stand_without_a_list(api: Api, exports: Any):
    step = {"new_tag": "v1", "new_classes": ["Room"], "deleted_classes": None}
    assert api.put("chat", metadata(step)).status == 200
    assert ObjectNamespace.objects.get().sqlite is False


def test_a_pending_migration_needs_deploy(chat: Api):
    migrations = {"old_tag": "v1", "new_tag": "v2", "steps": [{"deleted_classes": ["Room"]}]}
    answer = chat.post("chat", metadata(migrations, {"name": "A", "type": "json", "json": 1}))
    assert answer.refusal == (412, 10211) and "wrangler deploy" in answer.message


V2 = {"old_tag": "v1", "new_tag": "v2"}
REFUSED = {
    "no old tag": ({"new_tag": "v2", "steps": []}, (412, 10079)),
    "another old tag": ({**V2, "old_tag": "v0", "steps": []}, (412, 10079)),
    "a class that exists": (V2 | {"steps": [{"new_sqlite_classes": ["Room"]}]}, (400, 10074)),
    "a class without an export": (V2 | {"steps": [{"new_classes": ["Log"]}]}, (400, 10070)),
    "a rename to a class without an export": (
        V2 | {"steps": [{"renamed_classes": [{"from": "Room", "to": "Hall"}]}]},
        (400, 10061),
    ),
    "a bound class": (
        V2 | {"steps": [{"deleted_classes": ["Room"]}]},
        (400, 10061),
    ),
    "a class that is missing": (
        V2 | {"steps": [{"deleted_classes": ["X"]}]},
        (400, 10074),
    ),
    "a transfer from nowhere": (
        V2 | {"steps": [{"transferred_classes": [{"from": "A", "from_script": "no", "to": "B"}]}]},
        (400, 10074),
    ),
    "steps that are no list": (V2 | {"steps": "x"}, (400, 10026)),
    "a class without a name": (V2 | {"steps": [{"new_classes": [""]}]}, (400, 10026)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_migration_changes_nothing(chat: Api, case: str):
    migrations, refusal = REFUSED[case]
    assert refused(chat, migrations) == refusal
    assert Worker.objects.get().migration_tag == "v1"


def test_a_class_must_stay_exported(chat: Api, exports: Any):
    exports()
    plain = {"name": "A", "type": "json", "json": 1}
    assert refused(chat, None, plain) == (403, 10064)
    assert chat.post("chat", metadata(None, plain)).refusal == (403, 10064)


@pytest.mark.parametrize(
    ("binding", "refusal"),
    [
        (ROOMS | {"class_name": "No"}, (400, 10061)),
        (ROOMS | {"script_name": "no"}, (400, 10061)),
        ({"name": "ROOMS", "type": "durable_object_namespace"}, (400, 10026)),
        (ROOMS | {"environment": "staging"}, (400, 90001)),
        (ROOMS | {"dispatch_namespace": "x"}, (400, 90001)),
    ],
)
def test_refused_bindings(chat: Api, binding: dict[str, Any], refusal: tuple[int, int]):
    assert refused(chat, None, binding) == refusal


def test_another_worker_binds_and_is_named_in_the_references(chat: Api, exports: Any):
    exports()
    theirs = ROOMS | {"script_name": "chat"}
    assert chat.put("caller", metadata(None, theirs)).status == 200
    key = ObjectNamespace.objects.get().key
    rows = chat("GET", "/workers/scripts/chat/references").result["durable_objects"]
    assert [(r["service"], r["durable_object_namespace_id"]) for r in rows] == [
        ("caller", key),
        ("chat", key),
    ]
    assert rows[0]["durable_object_namespace_name"] == "chat_Room"
    references = chat("GET", "/workers/workers/chat").result["references"]["durable_objects"]
    assert [(r["worker_name"], r["namespace_id"]) for r in references] == [("caller", key)]
    answer = chat("DELETE", "/workers/scripts/chat")
    assert answer.refusal == (409, 90003) and "caller" in answer.message


def test_namespaces_are_listed_by_page(chat: Api):
    namespace = ObjectNamespace.objects.get()
    item = {
        "id": namespace.key,
        "class": "Room",
        "name": "chat_Room",
        "script": "chat",
        "use_sqlite": True,
        "environment": "production",
    }
    answer = chat("GET", NAMESPACES + "?per_page=1000&page=1")
    assert answer.result == [item] and answer.envelope["result_info"]["total_count"] == 1
    assert chat("GET", NAMESPACES + "?page=2").result == []
    assert chat("GET", f"{NAMESPACES}/{namespace.key}").result == item
    assert chat("GET", f"{NAMESPACES}/{'0' * 32}").refusal == (404, 10066)


def test_a_worker_with_objects_is_deleted_by_force_only(chat: Api):
    answer = chat("DELETE", "/workers/services/chat?force=false")
    assert answer.refusal == (409, 90003) and "Room" in answer.message
    assert chat("DELETE", "/workers/services/chat?force=true").status == 200
    assert not ObjectNamespace.objects.exists()


def test_a_rollback_does_not_cross_a_migration(chat: Api, exports: Any):
    first = str(Version.objects.get().id)
    exports("Room", "Log")
    v2 = V2 | {"steps": [{"new_sqlite_classes": ["Log"]}]}
    assert chat.put("chat", metadata(v2)).status == 200
    body = {"strategy": "percentage", "versions": [{"version_id": first, "percentage": 100}]}
    answer = chat("POST", "/workers/scripts/chat/deployments?force=true", body)
    assert answer.refusal == (400, 90007)


def test_a_limited_token_takes_no_objects_of_other_workers(chat: Api, exports: Any):
    exports("Room")
    chat.token.workers = ["halls"]
    chat.token.save()
    transfer = [{"transferred_classes": [{"from": "Room", "from_script": "chat", "to": "Room"}]}]
    answer = chat.put("halls", metadata({"new_tag": "v1", "steps": transfer}))
    assert answer.refusal == (403, 9109)


def test_settings_take_no_migration(chat: Api):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="settings"\r\n\r\n'
        b'{"migrations": {"new_tag": "v2"}}\r\n--x--\r\n'
    )
    kind = "multipart/form-data; boundary=x"
    answer = chat("PATCH", "/workers/scripts/chat/settings", body, content_type=kind)
    assert answer.refusal == (400, 90001)


def test_a_secret_leaves_the_objects(chat: Api):
    secret = {"name": "KEY", "type": "secret_text", "text": "s"}
    assert chat("PUT", "/workers/scripts/chat/secrets", secret).status == 200
    latest = Version.objects.newest_first().first()
    assert latest is not None and latest.object_specs and latest.migration_tag == "v1"
