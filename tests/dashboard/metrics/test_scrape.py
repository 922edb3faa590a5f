"""What Prometheus reads from the control plane, and who may read it."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token
from dashboard.exports.models import DeadLetter, Job
from tests.factories import (
    make_deployment,
    make_edge,
    make_invocation,
    make_propagation,
    make_user,
    make_worker,
)

pytestmark = pytest.mark.django_db
OWN = "a-token-for-prometheus"


def scrape(token):
    return Client().get("/metrics", headers={"authorization": f"Bearer {token}"})


def figures(settings):
    settings.METRICS_TOKEN = OWN
    answer = scrape(OWN)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {OWN}", "Bearer é"])
def test_nobody_scrapes_without_a_token(settings, header):
    settings.METRICS_TOKEN = OWN
    answer = Client().get("/metrics", headers={"authorization": header})
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    assert b"sluice_" not in answer.content


def test_an_empty_setting_is_no_token(settings):
    settings.METRICS_TOKEN = ""
    assert scrape("").status_code == 401


def test_a_session_alone_does_not_scrape(client):
    client.force_login(make_user("root", Role.ADMIN))
    assert client.get("/metrics").status_code == 401


def test_an_api_token_that_may_read_scrapes():
    user = make_user("vera", Role.VIEWER)
    _, secret = create_token(user=user, name="prometheus", scopes=["read"])
    assert scrape(secret).status_code == 200
    _, nothing = create_token(user=user, name="nothing", scopes=[])
    assert scrape(nothing).status_code == 401


def test_it_tells_how_far_the_edges_are(settings):
    deployment = make_deployment(make_worker())
    edge, late = make_edge("here"), make_edge("late")
    make_propagation(edge, deployment, after_ms=250)
    found = figures(settings)
    assert found["sluice_desired_revision",] == deployment.revision
    assert found["sluice_edge_revision", "here"] == deployment.revision
    assert found["sluice_edge_lag_revisions", "late"] == deployment.revision - late.applied_revision
    assert found["sluice_edge_failing_workers", "here"] == 0
    assert found["sluice_edge_up", "here"] == 1
    assert found["sluice_edge_propagation_seconds", "here"] == 0.25
    assert ("sluice_edge_propagation_seconds", "late") not in found


def test_it_tells_how_the_exports_are(settings):
    deployment, edge = make_deployment(make_worker()), make_edge()
    job = Job.objects.create(name="loki", created_on=deployment.created_on)
    make_invocation(edge, deployment)
    DeadLetter.objects.create(
        job=job, object_name="x", file="x", records=1, size=1, made_on=deployment.created_on
    )
    found = figures(settings)
    names = (str(job.pk), "loki")
    assert found["sluice_export_lag_records", *names] == 1
    assert found["sluice_export_dead_letters", *names] == 1
    assert found["sluice_export_failing", *names] == 0
    assert found["sluice_export_records_total", *names] == 0
