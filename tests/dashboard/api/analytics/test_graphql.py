"""`POST /graphql`: figures by version equal the rollups; errors come with status 200."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.factories import make_deployment, make_traffic, make_version, make_worker

QUERY = """
query Figures($tag: string!, $since: string, $until: string, $name: string) {
  viewer {
    accounts(filter: {accountTag: $tag}) {
      workersInvocationsAdaptive(
        limit: 100
        filter: {scriptName: $name, datetime_geq: $since, datetime_lt: $until}
        orderBy: [sum_requests_DESC]
      ) {
        ...rows
      }
    }
  }
}
fragment rows on Invocations {
  sum { requests errors subrequests }
  avg { sampleInterval }
  %s
}
"""
BY_VERSION = QUERY % "dimensions { scriptVersion } quantiles { wallTimeP50 wallTimeP99 cpuTimeP50 }"


def ask(api, query, **variables):
    now = timezone.now()
    given = {
        "tag": settings.ACCOUNT_ID,
        "since": (now - timedelta(minutes=30)).isoformat(),
        "until": (now + timedelta(minutes=1)).isoformat(),
    }
    body = {"query": query, "variables": given | variables}
    response = api.raw("POST", "/graphql", body)
    assert response.status_code == 200
    return json.loads(response.content)


def rows(answer):
    assert answer["errors"] is None, answer
    [account] = answer["data"]["viewer"]["accounts"]
    return account["workersInvocationsAdaptive"]


@pytest.fixture
def traffic(db):
    worker = make_worker("shop", versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 10), (old, 90))
    make_traffic("shop", 100, failed=5, version_id=new.id)
    make_traffic("shop", 900, version_id=old.id, minutes_ago=2)
    make_traffic("mail", 7, version_id=make_version("mail").id)
    return str(new.id), str(old.id)


def test_figures_by_version_are_those_of_the_rollups(api, traffic):
    new, old = traffic
    first, second = rows(ask(api, BY_VERSION, name="shop"))
    assert first["dimensions"] == {"scriptVersion": old}
    assert first["sum"] == {"requests": 900, "errors": 0, "subrequests": None}
    assert second["dimensions"] == {"scriptVersion": new}
    assert second["sum"]["requests"] == 100
    assert second["sum"]["errors"] == 0  # a returned 5xx is no error of the runtime
    assert second["avg"] == {"sampleInterval": 1}
    assert second["quantiles"]["wallTimeP50"] == pytest.approx(12_000, rel=0.02)
    assert second["quantiles"]["cpuTimeP50"] is None


def test_one_query_serves_all_workers(api, traffic):
    found = rows(ask(api, QUERY % "dimensions { scriptName datetimeMinute status }", name=None))
    # `name: null` is no condition.
    assert [(r["dimensions"]["scriptName"], r["sum"]["requests"]) for r in found] == [
        ("shop", 900),
        ("shop", 100),
        ("mail", 7),
    ]
    assert {r["dimensions"]["status"] for r in found} == {"success"}
    assert found[0]["dimensions"]["datetimeMinute"].endswith(":00Z")


def test_without_dimensions_there_is_one_row_of_totals(api, traffic):
    [row] = rows(ask(api, QUERY % "", name="shop"))
    assert row["sum"]["requests"] == 1000
    assert rows(ask(api, QUERY % "", name="none")) == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}),
        ("{ viewer { nothing } }", {}),
        (BY_VERSION, {"since": "yesterday"}),
        (BY_VERSION, {"since": "2026-11-30T14:00:00"}),
        (BY_VERSION, {"tag": None}),
        ("{ viewer { accounts { accountTag } } }", {}),
        (QUERY % "dimensions { datetimeMinute }", {"since": "2026-01-01T00:00:00Z"}),
        (BY_VERSION.replace("limit: 100", "limit: 0"), {}),
        ("{" + " viewer { budget }" * 2000 + "}", {}),
        ("{" + "workersInvocationsAdaptive " * 11 + "}", {}),
    ],
)
def test_errors_come_with_status_200_and_a_message(api, traffic, query, variables):
    answer = ask(api, query, **variables)
    assert answer["errors"] and all(e["message"] for e in answer["errors"])


def test_another_account_is_refused_and_names_the_path(api, traffic):
    [error] = ask(api, BY_VERSION, tag="f" * 32)["errors"]
    assert error["extensions"]["code"] == "authz"
    assert error["path"] == ["viewer", "accounts"]


def test_a_bad_token_is_refused_in_the_envelope(api):
    response = api.raw(
        "POST",
        "/graphql",
        {"query": "{ viewer { budget } }"},
        headers={"Authorization": "Bearer nothing"},
    )
    assert response.status_code == 403
    assert json.loads(response.content)["errors"][0]["code"] == 9109


def test_the_number_of_queries_is_constant(api, traffic, django_assert_max_num_queries):
    for number in range(5):
        make_traffic("shop", 10, version_id=f"v{number}")
    with django_assert_max_num_queries(9):
        assert len(rows(ask(api, BY_VERSION, name=None))) == 8
