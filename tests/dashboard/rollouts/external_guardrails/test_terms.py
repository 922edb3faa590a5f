"""Outside guardrails of a plan: stored as they were given, and what is wrong is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.rollouts.decisions.plan import Plan, PlanError, parse_steps, plan_from_json
from dashboard.rollouts.external_guardrails.parse_terms import (
    MOST_GUARDRAILS,
    TermsError,
    external_from_json,
)
from dashboard.rollouts.external_guardrails.terms import Comparison, ExternalTerms, OnBreach

QUERY = {"name": "p99", "query": "up", "limit": 1}
HOOK = {"name": "crm", "url": "http://127.0.0.1:9/check"}


def test_a_plan_with_outside_guardrails_survives_being_stored() -> None:
    given = {
        "recheck": "5m",
        "on_breach": {"errors": "hold", "checks": "show"},
        "prometheus": [QUERY | {"comparison": "at_least", "lasting": "2m", "limit": 0.5}],
        "webhooks": [HOOK | {"every": "10s", "on_breach": "hold"}],
    }
    plan = Plan(parse_steps("100"), external=external_from_json(given))
    assert plan_from_json(plan.as_json()) == plan
    assert plan.external.recheck == timedelta(minutes=5)
    assert plan.external.on_breach["errors"] is OnBreach.HOLD
    assert plan.external.prometheus[0].comparison is Comparison.AT_LEAST
    assert plan.external.webhooks[0].every == timedelta(seconds=10)


def test_a_plan_of_an_earlier_release_has_none() -> None:
    stored = Plan(parse_steps("100")).as_json()
    for field in ("recheck", "on_breach", "prometheus", "webhooks"):
        del stored[field]
    assert plan_from_json(stored).external == ExternalTerms()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"recheck": "soon"}, "recheck"),
        ({"recheck": "1s"}, "recheck"),
        ({"on_breach": []}, "on_breach"),
        ({"on_breach": {"errors": "explode"}}, "on_breach.errors"),
        ({"prometheus": {}, "webhooks": "x"}, "webhooks"),
        ({"prometheus": ["up"]}, "prometheus[0]"),
        ({"prometheus": [QUERY | {"limit": "high"}]}, "prometheus[0].limit"),
        ({"prometheus": [QUERY | {"limit": float("nan")}]}, "prometheus[0].limit"),
        ({"prometheus": [QUERY | {"limit": True}]}, "prometheus[0].limit"),
        ({"prometheus": [QUERY | {"query": " "}]}, "prometheus[0].query"),
        ({"prometheus": [QUERY | {"query": "x" * 3000}]}, "prometheus[0].query"),
        ({"prometheus": [QUERY | {"comparison": "near"}]}, "prometheus[0].comparison"),
        ({"prometheus": [QUERY | {"name": "P 99"}]}, "prometheus[0].name"),
        ({"prometheus": [QUERY | {"server": "ftp://x"}]}, "prometheus[0].server"),
        ({"prometheus": [QUERY | {"timeout": "10m"}]}, "prometheus[0].timeout"),
        ({"prometheus": [QUERY | {"limits": 1}]}, "prometheus[0].limits"),
        ({"prometheus": [QUERY] * (MOST_GUARDRAILS + 1)}, "prometheus"),
        ({"webhooks": [HOOK | {"url": "http://u:p@h/"}]}, "webhooks[0].url"),
        ({"webhooks": [HOOK | {"url": "http://h:99999/"}]}, "webhooks[0].url"),
        ({"webhooks": [HOOK | {"every": "1s"}]}, "webhooks[0].every"),
        ({"webhooks": [{"name": "a"}]}, "webhooks[0].url"),
        ({"webhooks": [HOOK | {"on_breach": "maybe"}]}, "webhooks[0].on_breach"),
        ({"prometheus": [QUERY], "webhooks": [HOOK | {"name": "p99"}]}, "name"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(given: dict[str, Any], field: str) -> None:
    with pytest.raises(TermsError) as error:
        external_from_json(given)
    assert error.value.field == field


def test_a_stored_plan_with_a_broken_guardrail_is_a_plan_error() -> None:
    stored = Plan(parse_steps("100")).as_json() | {"webhooks": [{}]}
    with pytest.raises(PlanError) as error:
        plan_from_json(stored)
    assert error.value.field == "webhooks[0].name"


@pytest.mark.parametrize(
    "url",
    [
        "https://h/verdict?token=abc",
        "https://h/verdict?x=1&api_key=abc",
        "https://h/services/T01/B02/x0x1x2x3x4x5x6x7x8x9x0x1",
        "https://h/verdict?id=x0x1x2x3x4x5x6x7x8x9x0x1",
    ],
)
def test_a_secret_in_a_url_is_refused_because_everyone_reads_plans(url: str) -> None:
    for given in ({"webhooks": [HOOK | {"url": url}]}, {"prometheus": [QUERY | {"server": url}]}):
        with pytest.raises(TermsError, match="no token or key"):
            external_from_json(given)


@pytest.mark.parametrize(
    "path",
    [
        "api/v1/rollout-verdict-2?service=shop&key_count=3",
        "0d3c4f2e-8f64-4c6b-9d0e-1b8f5a2c7d11/verdict",
        "internationalization/check",
    ],
)
def test_words_versions_and_uuids_in_a_url_are_no_secrets(path: str) -> None:
    assert external_from_json({"webhooks": [HOOK | {"url": f"https://h/{path}"}]}).webhooks
