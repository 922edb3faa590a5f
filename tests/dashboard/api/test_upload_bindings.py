"""Bindings of an upload: kept, inherited, and the entrypoints that they lead to."""

from dataclasses import replace

import pytest

from routing.control.upload import upload_version
from routing.models import Version
from routing.snapshot import Export
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.uploads import SECRET, rows, with_bindings
from tests.factories import says_fine


def exports_too(monkeypatch, *names: str) -> None:
    """Whatever is uploaded from now on exports these entrypoints."""
    named = tuple(Export(name=name, kind="WorkerEntrypoint") for name in names)
    found = says_fine()
    inspect = lambda *_, **__: replace(found, exports=found.exports + named)  # noqa: E731
    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", inspect)


def bound(api: Api, **query) -> dict[str, dict]:
    items = api("GET", "/workers/scripts/shop/versions").result["items"]
    return {binding["name"]: binding for binding in items[0]["resources"]["bindings"]}


def test_secrets_outlive_uploads_that_do_not_mention_them(api: Api):
    api.put(metadata=with_bindings(SECRET, {"name": "V", "type": "plain_text", "text": "1"}))
    api.post()
    assert bound(api) == {"KEY": {"name": "KEY", "type": "secret_text"}}


def test_keep_bindings_is_exact(api: Api):
    variable = {"name": "V", "type": "plain_text", "text": "1"}
    api.put(metadata=with_bindings(SECRET, variable))
    api.post(metadata=with_bindings(keep_bindings=["plain_text"]))
    assert bound(api) == {"V": variable}


def test_inherit_takes_the_latest_versions_binding_whole(api: Api, monkeypatch):
    exports_too(monkeypatch, "Named")
    api.put("pricing")
    service = {"name": "S", "type": "service", "service": "pricing", "entrypoint": "Named"}
    api.put(metadata=with_bindings(service))
    api.post(metadata=with_bindings({"name": "S", "type": "inherit"}))
    assert bound(api) == {"S": service}


def test_a_missing_inherit_is_dropped_unless_strict(api: Api):
    api.put()
    metadata = with_bindings({"name": "A", "type": "inherit"}, {"name": "B", "type": "inherit"})
    assert api.post(metadata=metadata).status == 200 and bound(api) == {}
    answer = api.post(metadata=metadata, query="?bindings_inherit=strict")
    assert [error["code"] for error in answer.envelope["errors"]] == [10057, 10057]
    assert answer.envelope["errors"][0]["message"].startswith("inherit binding 'A' is invalid")


def test_fields_that_no_binding_has_are_not_stored(api: Api):
    odd = {"name": "V", "type": "plain_text", "text": "1", "sealed": "x", "fingerprint": "y"}
    assert api.put(metadata=with_bindings(odd)).status == 200
    assert Version.objects.get().bindings == [{"name": "V", "type": "plain_text", "text": "1"}]


def test_a_service_binding_may_name_its_own_worker(api: Api):
    own = {"name": "ME", "type": "service", "service": "shop"}
    assert api.put(metadata=with_bindings(own)).status == 200


@pytest.mark.parametrize("service", ["pricing", "shop"])
def test_a_service_binding_leads_to_an_entrypoint_that_is_exported(api: Api, monkeypatch, service):
    exports_too(monkeypatch, "Named")
    api.put("pricing")
    bound_to = lambda name: with_bindings(  # noqa: E731
        {"name": "S", "type": "service", "service": service, "entrypoint": name}
    )
    before = rows()
    refused = api.put(metadata=bound_to("Nope"))
    assert refused.refusal == (400, 10143)
    assert f"'S'. Target script '{service}' exports no entrypoint 'Nope'" in refused.message
    assert rows() == before
    for name in ("Named", "default"):
        assert api.put(metadata=bound_to(name)).status == 200


def test_an_entrypoint_that_only_an_older_live_version_exports_counts(api: Api, monkeypatch):
    exports_too(monkeypatch, "Old")
    api.put("pricing")
    exports_too(monkeypatch, "New")
    api.post("pricing")
    exports_too(monkeypatch)
    for name in ("Old", "New"):
        own = {"name": "S", "type": "service", "service": "pricing", "entrypoint": name}
        assert api.put(metadata=with_bindings(own)).status == 200
