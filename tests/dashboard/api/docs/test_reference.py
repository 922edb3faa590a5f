import re

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from dashboard.api.api import api as served
from dashboard.api.urls import urlpatterns
from tests.dashboard.api.conftest import Api

PAGE = "/client/v4/"

pytestmark = pytest.mark.django_db


def test_strangers_are_sent_to_sign_in(client):
    response = client.get(PAGE)
    assert response.status_code == 302 and "/accounts/login/" in response["Location"]
    assert client.get(PAGE + "openapi.json").status_code == 302


def test_a_token_reads_the_document(api: Api):
    document = api.raw("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"] == "Sluice"


def test_the_page_lists_every_operation_and_runs_no_script(client, alice, monkeypatch):
    plain = lambda self, name, force=False: f"/static/{name}"  # noqa: E731
    monkeypatch.setattr(ManifestStaticFilesStorage, "url", plain)
    client.force_login(alice)
    html = client.get(PAGE).content.decode()
    for path, operations in served.get_openapi_schema()["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in html
    assert not re.search(r"<script(?![^>]*\bsrc=)", html) and " onclick" not in html


def test_whatever_is_served_is_documented_with_its_scope_and_its_refusals():
    document = served.get_openapi_schema()
    served_paths = {
        "/client/v4/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        for pattern in urlpatterns
        if "^" not in str(pattern.pattern)
    }
    links = {f"{PAGE}accounts/{{account_id}}/d1/{use}/{{token}}" for use in ("upload", "export")}
    undocumented = {PAGE, PAGE + "openapi.json", *links}
    assert served_paths - set(document["paths"]) == undocumented
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["security"] and "default" in operation["responses"]
            assert operation["description"]


def test_operations_have_unique_ids():
    document = served.get_openapi_schema()
    ids = [o["operationId"] for ops in document["paths"].values() for o in ops.values()]
    assert len(ids) == len(set(ids))


def test_every_reference_in_the_document_leads_somewhere():
    document = served.get_openapi_schema()
    schemas = set(document["components"]["schemas"])
    found = set(re.findall(r"#/components/schemas/([^'\"]+)", str(dict(document))))
    assert found <= schemas, found - schemas
