"""Standings are looked up once, and nothing that can change comes with them."""

from dataclasses import FrozenInstanceError
from uuid import uuid4

import pytest

from dashboard.fleet import deployment_cache
from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.fleet.deployment_cache import (
    cached_deployments,
    forget,
    roles_by_deployment_id,
    roles_of_deployment,
    roles_of_deployments,
)
from tests.factories import make_deployment, make_draft, make_user, make_version, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    forget()


@pytest.fixture
def history():
    """1 at 100%, 2 beside it, 2 promoted with 1 kept, 1 staged again, 3 and 2 at 50%."""
    worker = make_worker("shop", versions=3)
    one, two, three = worker.versions.order_by("number")
    shares = [
        [(one, 100)],
        [(two, 25), (one, 75)],
        [(two, 100), (one, 0)],
        [(two, 100)],
        [(one, 0), (two, 100)],
        [(three, 50), (two, 50)],
    ]
    return [make_deployment(worker, *split) for split in shares]


def test_they_are_the_same_one_by_one_and_together(history):
    found = roles_of_deployments(history)
    forget()
    for deployment in history:
        assert found[deployment.pk] == roles_of_deployment(deployment)


def test_they_keep_the_stored_order(history):
    split = roles_of_deployments(history)[history[2].pk]
    assert [(s.version.number, s.position) for s in split] == [(1, 1), (2, 0)]


def test_they_are_read_once(history, django_assert_num_queries):
    with django_assert_num_queries(2):
        roles_of_deployments(history)
    with django_assert_num_queries(0):
        roles_of_deployments(history)


def test_what_a_deployment_was_comes_along(history, django_assert_num_queries):
    jonas = make_user("jonas")
    one = history[0].worker.versions.get(number=1)
    made = make_deployment(one.worker, (one, 100), author=jonas, message="Back", source="api")
    with django_assert_num_queries(1):
        found = cached_deployments([made.pk, history[0].pk])
    with django_assert_num_queries(0):
        assert roles_of_deployments([made])[made.pk] == list(found[made.pk].standings)
        assert found[made.pk].author_id == jonas.pk
    for deployment in (made, history[0]):
        for name in ("created_on", "author_id", "author_email", "source", "message", "is_rollback"):
            assert getattr(found[deployment.pk], name) == getattr(deployment, name)


def test_nobody_changes_what_all_are_given(history):
    found = cached_deployments([history[0].pk])[history[0].pk]
    with pytest.raises(FrozenInstanceError):
        found.message = "other"
    roles_of_deployments(history)[history[0].pk].clear()
    assert roles_of_deployments(history)[history[0].pk] == list(found.standings) != []


def test_what_is_gone_is_missing(history):
    gone = uuid4()
    assert cached_deployments([gone]) == {} and roles_by_deployment_id([gone]) == {gone: []}


def test_what_comes_after_is_not_mixed_up_with_what_was(history):
    before = roles_of_deployments(history)
    after = make_deployment(history[0].worker, (history[0].worker.versions.get(number=3), 100))
    assert roles_of_deployments([*history, after]).items() > before.items()


def test_only_so_many_are_kept(history, monkeypatch):
    monkeypatch.setattr(deployment_cache, "_deployments", BoundedCache(2))
    assert len(roles_of_deployments(history)) == 6
    assert len(deployment_cache._deployments) == 2
    assert len(roles_of_deployments(history)) == 6


@pytest.mark.parametrize("path", ["", "versions/", "deployments/"])
def test_pages_show_what_somebody_is_called_now(maya, path):
    jonas = make_user("jonas")
    version = make_version("shop", make_draft(), author=jonas)
    make_deployment(version.worker, (version, 100), author=jonas)
    assert b"jonas" in maya.get(f"/workers/shop/{path}").content
    jonas.username = "jonathan"
    jonas.save()
    for address in (f"/workers/shop/{path}", "/workers/"):
        html = maya.get(address).content.decode()
        assert "jonathan" in html and "jonas" not in html


def test_each_caller_has_rows_of_its_own(history, django_assert_num_queries):
    """Pages run in threads: what one of them loads or sets must not appear in another's."""
    first, second = roles_of_deployment(history[1]), roles_of_deployment(history[1])
    assert first == second and first[0].version is not second[0].version
    with django_assert_num_queries(1):
        assert first[0].version.bindings == []  # no list reads it, so it is loaded now
    first[0].version.author = make_user("jonas")
    assert "bindings" in second[0].version.get_deferred_fields()
    assert "author" not in second[0].version._state.fields_cache
