"""A guided rollout between two Sluices: stage, proof, checks, ramp, harm, verified rollback.

The second test waits for analytics, which are late: `make test-cloud`.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.connect import connect, follow
from dashboard.cloud.models import Verification
from dashboard.cloud.tails.keeper import TailKeeper
from dashboard.cloud.verification.runner import VerificationRunner
from dashboard.rollouts.decisions.plan import Plan, parse_steps
from dashboard.rollouts.remote.actions import ACTIONS
from dashboard.rollouts.remote.conductor import look
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.start import start
from dashboard.smoketests.suites.yaml_format import read_suite
from tests.eventually import eventually

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

CODE = """export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/boom" && HARM) throw new Error("boom");
    return new Response(env.V.id);
  },
};
"""
HARM = {"worse_than_stable", "over_the_limit"}
METADATA = {"name": "V", "type": "version_metadata"}
SUITE = "name: Guided\nchecks:\n  - name: answers\n    assert: [{status: 200}, {text: VERSION}]\n"


@pytest.fixture
def background_work():
    """Tails, probes and the conductor, as the work process runs them."""
    stop, keeper, probes = threading.Event(), TailKeeper(), VerificationRunner()

    def run(*tasks, close=lambda: True):
        try:
            while not stop.wait(0.1):
                for task in tasks:
                    task(timezone.now())
            assert eventually(close)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(keeper.look,), kwargs={"close": keeper.close}),
        threading.Thread(target=run, args=(probes.look,), kwargs={"close": probes.close}),
        threading.Thread(target=run, args=(look,)),
    ]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(30)


@pytest.fixture
def shop(system, settings):
    """Stable at 100%; the candidate fails on /boom: (account, candidate id, stable id)."""
    old, new = (
        system.upload("guided", CODE.replace("HARM", harm), METADATA) for harm in ("false", "true")
    )
    system.wait_for(system.deploy("guided", (old, 100))["id"], "guided")
    settings.CLOUD_HOSTS, settings.CLOUD_REQUESTS = frozenset({"127.0.0.1"}), True
    settings.CLOUD_LOOPBACK_PORTS = frozenset({system.http_port, system.edge_port})
    by = Actor(None, "shell", timezone.now())
    url = f"http://127.0.0.1:{system.http_port}/client/v4"
    account = connect(slug="other", token=system.token, base_url=url, account_id="", by=by)
    follow(account, {"guided": f"guided.localhost:{system.edge_port}"}, by)
    return account, new, old


def started(account, version_id, steps):
    plan = Plan(parse_steps(steps), min_sample=20, min_callers=0)
    suite = read_suite(SUITE.replace("VERSION", version_id))
    by = Actor(None, "shell", timezone.now())
    return start(account, "guided", version_id, plan, by, suite=suite)


def requested(system, path):
    """The body of a user's request."""
    url = f"http://127.0.0.1:{system.edge_port}{path}"
    return httpx.get(url, headers={"Host": f"guided.localhost:{system.edge_port}"}).text


def wait_for(rollout, *states, seconds=60.0):
    def reached():
        rollout.refresh_from_db()
        return rollout.state in states

    assert eventually(reached, seconds=seconds), (rollout.state, rollout.reason, rollout.facts)
    return RemoteRollout.objects.with_account().get(pk=rollout.pk)


def test_staged_confirmed_by_probes_and_checked_with_proof(shop, background_work, monkeypatch):
    """Deployments are read more often than the budget of calls allows for long."""
    monkeypatch.setattr("dashboard.cloud.worker_readings.live_freshness", lambda _: 0.2)
    account, new, _ = shop
    rollout = wait_for(started(account, new, "50:1m,100"), "review", "held")
    assert (rollout.state, rollout.weight) == ("review", 0)
    [check] = rollout.check_run["results"]
    assert (check["verdict"], check["rank"]) == ("passed", "proved")
    verification = Verification.objects.get(marker=rollout.change.marker)
    assert verification.state == "live" and verification.right >= 12


@pytest.mark.skipif("SLUICE_TEST_CLOUD" not in os.environ, reason="make test-cloud: 6 minutes")
@pytest.mark.timeout(900)
def test_harm_is_found_in_late_counts_and_rolled_back_with_proof(
    shop, system, background_work, monkeypatch
):
    """The other side's counts are complete within a minute, so two need not be left out."""
    monkeypatch.setattr("dashboard.cloud.provider.cloudflare.UNKNOWN", timedelta(minutes=1))
    account, new, old = shop
    rollout = wait_for(started(account, new, "50:30s,100"), "review")
    ACTIONS["confirm"](rollout, Actor(None, "shell", timezone.now()), "")
    rollout = wait_for(rollout, "ramping")
    ended, codes = time.monotonic() + 480, []
    while not HARM.intersection(codes) and time.monotonic() < ended:
        for _ in range(10):
            requested(system, "/boom")
        time.sleep(2)
        codes = list(rollout.events.values_list("code", flat=True))
    assert HARM.intersection(codes), (
        codes,
        list(Verification.objects.values("state", "why", "right")),
    )
    rollout = wait_for(rollout, "rolled_back", "needs_attention", seconds=120)
    assert (rollout.state, rollout.reason) == ("rolled_back", "verified")
    assert {requested(system, "/") for _ in range(10)} == {old}
    verification = Verification.objects.get(marker=rollout.change.marker)
    assert verification.state == "live" and verification.decisive
