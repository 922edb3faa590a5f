"""Which deployments are active: remembered, and never out of date."""

import pytest
from django.utils import timezone

from dashboard.fleet.active_deployments import active_deployments, forget
from routing.control.deploy import delete_worker
from routing.models import Deployment, DesiredState, Share
from tests.factories import make_deployment, make_version, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def just_started():
    forget()


def truth():
    return dict(Deployment.objects.active().values_list("worker_id", "pk"))


def test_it_follows_deployments_uploads_and_deletions(django_assert_num_queries):
    assert active_deployments() == {}
    one, two = make_worker("one"), make_worker("two")
    make_deployment(one)
    make_deployment(two)
    assert active_deployments() == truth() and len(truth()) == 2
    make_deployment(one)
    assert active_deployments() == truth()
    make_version("one")  # raises the revision, deploys nothing
    assert active_deployments() == truth()
    with django_assert_num_queries(1):
        active_deployments()
    delete_worker(worker=two, author=None, source="api", now=timezone.now())
    assert active_deployments() == truth() and len(truth()) == 1


def test_a_database_that_was_replaced_is_read_anew():
    make_deployment(make_worker("one"))
    active_deployments()
    Share.objects.all()._raw_delete("default")  # as a restore does
    Deployment.objects.all()._raw_delete("default")
    DesiredState.objects.update(revision=0)
    make_deployment(make_worker("two"))  # the same revision again, by another deployment
    assert active_deployments() == truth() and len(truth()) == 1


def test_the_answer_belongs_to_the_caller():
    make_deployment(make_worker("one"))
    active_deployments().clear()
    assert active_deployments() == truth()
