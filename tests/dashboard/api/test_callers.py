"""Callers of a Worker, from a table that uploads and a migration fill."""

from importlib import import_module

import pytest
from django.apps import apps

from routing.control.callers import Call, callers_of, callers_of_all
from routing.models import ServiceBinding, Version
from routing.snapshot import BindingSpec
from tests.factories import make_deployment, make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db


def calls(service, name="API"):
    return make_draft(
        bindings=[BindingSpec(name=name, type="service", options={"service": service})]
    )


@pytest.fixture
def pricing():
    """`shop` called it until its version 2; `cart` calls it, and itself; `old` never was live."""
    worker = make_worker("pricing")
    make_deployment(make_version("shop", calls("pricing")).worker)
    make_deployment(make_version("shop", make_draft()).worker)
    make_deployment(make_version("cart", calls("pricing")).worker)
    make_deployment(make_version("self", calls("self")).worker)
    make_version("old", calls("pricing"))
    return worker


def test_only_live_versions_of_others_count(pricing):
    assert [(c.caller, c.binding) for c in callers_of(pricing)] == [("cart", "API")]
    of_itself = Version.objects.get(worker__name="self").worker
    assert callers_of_all([pricing, of_itself])["self"] == []


def test_the_migration_finds_what_was_uploaded_before(pricing):
    uploaded = set(ServiceBinding.objects.values_list("version", "name", "service"))
    ServiceBinding.objects.all().delete()
    assert callers_of(pricing) == []
    fill = import_module("routing.migrations.0007_fill_service_binding").fill
    fill(apps, None)
    fill(apps, None)  # again does no harm
    assert set(ServiceBinding.objects.values_list("version", "name", "service")) == uploaded
    assert [type(c) for c in callers_of(pricing)] == [Call]


def test_rows_are_written_once(pricing):
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic():
        ServiceBinding.objects.update(service="other")
