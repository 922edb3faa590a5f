"""Rolling back a version with bindings to namespaces: what stays, and what is gone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from routing.models import StateNamespace
from routing.snapshot import BindingSpec
from tests.factories import make_deployment, make_draft, make_version

pytestmark = pytest.mark.django_db
KEY = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def database(shop: object) -> StateNamespace:
    """A database of version #1 of the Worker "ledger", whose #2 is live."""
    made = StateNamespace.objects.create(
        kind="d1", key=KEY, title="ledger-db", created_at=timezone.now()
    )
    binding = BindingSpec(name="DB", type="d1", options={"id": KEY})
    first = make_version("ledger", make_draft(bindings=[binding]))
    make_deployment(first.worker, (first, 100))
    second = make_version("ledger", make_draft(code=b"export default { fetch() {} }"))
    make_deployment(first.worker, (second, 100))
    return made


def test_data_and_schema_stay(maya: Client, database: StateNamespace) -> None:
    html = maya.get("/workers/ledger/rollback/").content.decode()
    assert "data-bound>" in html and "(D1 ledger-db)" in html
    assert "data-bound-deleted" not in html


def test_a_deleted_database_is_a_warning(maya: Client, database: StateNamespace) -> None:
    database.delete()
    assert 'data-bound-deleted="DB"' in maya.get("/workers/ledger/rollback/").content.decode()


def test_without_namespaces_there_is_no_note(maya: Client, shop: object) -> None:
    assert "data-bound" not in maya.get("/workers/shop/rollback/").content.decode()
