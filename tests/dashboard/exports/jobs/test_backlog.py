"""How far a job is behind."""

import pytest

from dashboard.exports.jobs.backlog import newest_id
from routing.models import Invocation
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

pytestmark = pytest.mark.django_db


def test_rows_that_were_pruned_before_a_job_began_are_not_taken_for_missing():
    before = newest_id()
    edge, deployment = make_edge("e1"), make_deployment(make_worker("shop"))
    made = [make_invocation(edge, deployment) for _ in range(3)]
    assert newest_id() == made[-1].pk > before
    Invocation.objects.all().delete()
    assert newest_id() == made[-1].pk
