"""Whether a plan's outside guardrails can run here: allowed hosts, known names."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from dashboard.egress.client import HostNotAllowed, check_host
from dashboard.rollouts import messages
from dashboard.rollouts.decisions.plan import PlanError
from dashboard.rollouts.external_guardrails.terms import ExternalTerms


def check_external(terms: ExternalTerms, suite: str) -> None:
    """Raises `PlanError` for a host that is not allowed, an unknown guardrail, or repeated checks
    without a suite."""
    if terms.recheck and not suite:
        raise PlanError("recheck", "Checks can only run again if the rollout has a suite.")
    names = {*messages.GUARDRAILS, *(source.name for source in terms.sources)}
    if unknown := sorted(set(terms.on_breach) - names):
        raise PlanError(f"on_breach.{unknown[0]}", f"There is no guardrail called {unknown[0]!r}.")
    if taken := sorted({source.name for source in terms.sources} & {*messages.GUARDRAILS}):
        raise PlanError("name", f"{taken[0]!r} is the name of a built-in guardrail.")
    for i, query in enumerate(terms.prometheus):
        _check_url(f"prometheus[{i}].server", query.server or settings.PROMETHEUS_URL)
    for i, webhook in enumerate(terms.webhooks):
        _check_url(f"webhooks[{i}].url", webhook.url)


def _check_url(field: str, url: str) -> None:
    if not url:
        raise PlanError(field, "Name the Prometheus server, or set SLUICE_PROMETHEUS_URL.")
    try:
        check_host(urlsplit(url).hostname or "")
    except HostNotAllowed as error:
        raise PlanError(field, str(error)) from error
