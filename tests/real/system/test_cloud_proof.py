"""Requests to a Worker of a connected Sluice: which version answered, by its tail and its logs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud import proving
from dashboard.cloud.accounts.access import client_of
from dashboard.cloud.accounts.connect import connect, follow
from dashboard.cloud.egress.admission import admit
from dashboard.cloud.egress.send import send
from dashboard.cloud.egress.values import WorkerRequest
from dashboard.cloud.proof.judge import Rank, Why
from dashboard.cloud.tails import watches
from dashboard.cloud.tails.keeper import TailKeeper
from tests.eventually import eventually

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

REQUESTS = 200
CODE = """export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return new Response(pathname === "/named" ? env.V.id : "ok", { status: 200 });
  },
};
// NUMBER
"""
METADATA = {"name": "V", "type": "version_metadata"}


@pytest.fixture
def background_work():
    """Tails, as the work process runs them."""
    stop, keeper = threading.Event(), TailKeeper()

    def run():
        try:
            while not stop.wait(0.1):
                keeper.look(timezone.now())
            assert eventually(keeper.close)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join(30)


@pytest.fixture
def shop(system, settings):
    """Two versions at half each, connected and followed: (account, new id, old id)."""
    old, new = (system.upload("proofs", CODE.replace("NUMBER", n), METADATA) for n in "12")
    system.wait_for(system.deploy("proofs", (new, 50), (old, 50))["id"], "proofs")
    settings.CLOUD_HOSTS, settings.CLOUD_REQUESTS = frozenset({"127.0.0.1"}), True
    settings.CLOUD_LOOPBACK_PORTS = frozenset({system.http_port, system.edge_port})
    account = connect(
        slug="other",
        token=system.token,
        base_url=f"http://127.0.0.1:{system.http_port}/client/v4",
        account_id="",
        by=Actor(None, "shell", timezone.now()),
    )
    address = f"proofs.localhost:{system.edge_port}"
    follow(account, {"proofs": address}, Actor(None, "shell", timezone.now()))
    return account, new, old


def sent(account, count, target=b"/", *lines):
    by = Actor(None, "shell", timezone.now())
    destination = admit(account, "proofs", by, method="GET", target="/", count=count)
    request = WorkerRequest("GET", target, lines)
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: send(destination, request), range(count)))


def logged_by_the_other_side(account, rays):
    """Version by ray, once its log has all of them."""
    client, until = client_of(account), timezone.now() + timedelta(minutes=1)
    body = {
        "queryId": "test",
        "view": "events",
        "limit": 2000,
        "timeframe": {
            "from": int((until - timedelta(minutes=6)).timestamp() * 1000),
            "to": int(until.timestamp() * 1000),
        },
        "parameters": {"datasets": ["cloudflare-workers"], "filters": []},
    }

    def logged():
        events = client.telemetry(body)["events"]["events"]
        versions = {
            event["$metadata"]["requestId"]: event["$workers"]["scriptVersion"]["id"]
            for event in events
            if event["$workers"]["scriptName"] == "proofs" and "scriptVersion" in event["$workers"]
        }
        time.sleep(0.2)
        return versions if rays <= versions.keys() else None

    return eventually(logged)


def test_split_requests_are_proved_and_equal_the_other_sides_log(shop, background_work):
    account, new, old = shop
    status = watches.wait_until_open(account, "proofs", 20)
    assert status.is_open, status
    answers = sent(account, REQUESTS)
    facts = [proving.answer_facts(answer) for answer in answers]
    verdicts = proving.verdicts(account, "proofs", facts, wait=20)
    assert Counter(v.rank for v in verdicts.values()) == {Rank.PROVED: REQUESTS}
    proved = {answer.ray: verdicts[answer.nonce].version_id for answer in answers}
    logged = logged_by_the_other_side(account, proved.keys())
    assert proved == {ray: logged[ray] for ray in proved}
    assert set(proved.values()) == {new, old}

    # An override, by both kinds of evidence; and what the answer says agrees.
    line = ("Cloudflare-Workers-Version-Overrides", f'proofs="{new}"')
    [answer] = sent(account, 1, b"/named", line)
    facts = proving.answer_facts(answer, {new, old})
    [verdict] = proving.verdicts(account, "proofs", [facts], wait=20).values()
    assert (verdict.confirmed_version, verdict.disagrees, facts.reported) == (new, False, new)
    watches.CloudTailEvent.objects.all().delete()
    logged = eventually(lambda: _confirmed(proving.logged_verdict(account, "proofs", facts)))
    assert (logged.rank, logged.version_id) == (Rank.LOGGED, new)


def _confirmed(verdict):
    return verdict if verdict.confirmed else None


def test_without_a_tail_only_the_answer_names_a_version(shop):
    account, new, _ = shop
    line = ("Cloudflare-Workers-Version-Overrides", f'proofs="{new}"')
    [named], [plain] = sent(account, 1, b"/named", line), sent(account, 1)
    facts = [proving.answer_facts(answer, {new}) for answer in (named, plain)]
    verdicts = proving.verdicts(account, "proofs", facts, wait=0)
    assert [verdicts[f.nonce].rank for f in facts] == [Rank.SELF_REPORTED, Rank.NOT_SEEN]
    assert all(v.why == (Why.TAIL_OFF,) and not v.confirmed for v in verdicts.values())
