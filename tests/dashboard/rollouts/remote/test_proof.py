"""Smoke checks count with proof only; a deployment has arrived, and a rollback is finished, when
probes say so."""

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.egress.access_token import set_access_token
from dashboard.cloud.egress.values import SentRequest
from dashboard.cloud.models import CloudTail, CloudTailEvent, FollowedWorker, Verification
from dashboard.rollouts.remote.checks import problem_of
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.start import StartRefused
from dashboard.sending.answer import Answer
from dashboard.sending.wire_request import OVERRIDES, SendFailed
from dashboard.smoketests.suites.yaml_format import read_suite
from routing.models import AuditEntry
from tests.dashboard.rollouts.playbook import plan_of

SUITE = """
name: Shop
checks:
  - name: a total
    request: {path: /total}
    assert: [{status: 200}, {text: "42"}]
"""


@pytest.fixture
def probing(shop, settings):
    """Requests to the confirmed address are on. `ended` is what the probes come to."""
    settings.CLOUD_REQUESTS = True
    settings.CLOUD_LOOPBACK_PORTS = frozenset({9})

    def ended(state, **fields):
        rows = Verification.objects.filter(state="probing")
        assert rows.update(state=state, ended_at=timezone.now(), **fields) == 1

    return ended


@pytest.fixture
def answering(shop, monkeypatch):
    """The Worker answers; `ran` is the version that its tail names, None for a silent tail."""
    given = {"ran": shop.candidate, "status": 200, "body": b"42", "problem": ""}
    monkeypatch.setattr("dashboard.rollouts.remote.evidence.PROOF_SECONDS", 0)
    monkeypatch.setattr("dashboard.rollouts.remote.evidence.wait_until_open", lambda *_: None)
    given["sent"] = []

    def send(destination, request, *, seconds):
        if given["problem"]:
            raise SendFailed("No answer", given["problem"])
        given["sent"].append(request)
        now, ray = timezone.now(), f"ray{len(given['sent'])}"
        if given["ran"]:
            tail = CloudTail.objects.filter(account=shop.account).first()
            CloudTailEvent.objects.create(
                tail=tail,
                nonce=ray * 8,
                ray=ray,
                worker="shop",
                version_id=given["ran"],
                at=now,
                received_at=now,
            )
        answer = Answer("", given["status"], [("cf-ray", f"{ray}-FRA")], given["body"])
        return SentRequest(destination, request, ray * 8, "127.0.0.1", now, answer)

    monkeypatch.setattr("dashboard.rollouts.remote.evidence.send", send)
    return given


def checked(shop, probing):
    """Until the checks have run."""
    shop.start(plan_of("10:2m,100", confirm_review=True), suite=read_suite(SUITE))
    shop.look()
    probing("live")
    shop.look(2, times=3)
    return shop.rollout()


def test_a_proved_check_passes_and_is_sent_to_the_candidate(shop, probing, answering):
    rollout = checked(shop, probing)
    [result] = rollout.check_run["results"]
    assert (result["verdict"], result["rank"]) == ("passed", "proved")
    [request] = answering["sent"]
    assert request.target == b"/total" and shop.candidate in dict(request.lines).popitem()[1]
    sent = AuditEntry.objects.get(action="cloud.request").after
    assert (sent["method"], sent["path"], sent["count"]) == ("GET", "/total", 1)
    assert shop.look().state == "review" and shop.live()[shop.candidate] == 0


def test_a_service_token_opens_the_way_and_is_stored_nowhere(shop, probing, answering):
    followed = FollowedWorker.objects.get(account=shop.account, name="shop")
    secret = "s" * 40
    assert set_access_token(followed, "id.access", secret, Actor(None, "shell", timezone.now()))
    answering["body"] = f"41 {secret}".encode()
    rollout = checked(shop, probing)
    lines = dict(answering["sent"][0].lines)
    assert lines["CF-Access-Client-Secret"] == secret and shop.candidate in lines[OVERRIDES]
    [failure] = rollout.check_run["results"][0]["failed"]
    assert "41" in failure["actual"] and "sss" not in str(rollout.check_run)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"ran": None}, "broken"),
        ({"ran": "stable"}, "broken"),
        ({"body": b"41"}, "failed"),
        ({"problem": "timed out"}, "broken"),
    ],
)
def test_a_check_without_proof_is_broken_and_never_a_pass(shop, probing, answering, given, verdict):
    answering.update({k: shop.stable if v == "stable" else v for k, v in given.items()})
    rollout = checked(shop, probing)
    assert rollout.check_run["state"] == verdict
    rollout = shop.look()
    if verdict == "broken":
        assert (rollout.state, rollout.hold) == ("held", "checks_broken")
    else:
        assert "checks_failed" in shop.codes() and shop.live() == {shop.stable: 100}


def test_without_requests_the_checks_prove_nothing(shop):
    shop.start(suite=read_suite(SUITE))
    rollout = shop.look(31, times=6)
    assert (rollout.state, rollout.hold) == ("held", "checks_broken")
    assert rollout.check_run["problem"]


def test_a_step_waits_for_its_probes(shop, probing):
    shop.start()
    assert shop.look(20, times=3).state == "waiting"
    probing("live")
    shop.look()
    assert shop.look().state == "ramping" and shop.live()[shop.candidate] == 10
    assert shop.rollout().ready_at is None
    probing("live")
    assert shop.look().ready_at


def test_probes_that_confirm_nothing_hold_the_step(shop, probing):
    shop.start()
    shop.look()
    probing("attention", why="not_seen")
    rollout = shop.look(31, times=4)
    assert (rollout.state, rollout.hold, rollout.hold_clears) == ("held", "edges_waiting", True)
    assert shop.live()[shop.candidate] == 0


def test_a_rollback_is_finished_when_probes_saw_stable(shop, probing):
    shop.start()
    shop.look()
    probing("live")
    shop.look(times=2)
    shop.do("abort")
    rollout = shop.look(times=3)
    assert rollout.state == "verifying"
    Verification.objects.filter(state="probing").exclude(marker=rollout.change.marker).delete()
    probing("live")
    rollout = shop.look()
    assert (rollout.state, rollout.reason) == ("rolled_back", "verified") and rollout.ended_at


def test_a_rollback_that_no_probe_saw_needs_attention_and_is_not_repeated(shop, probing):
    shop.start()
    shop.look()
    probing("live")
    shop.look(times=2)
    shop.do("abort")
    writes = shop.writes()
    rollout = shop.look(31, times=5)
    assert (rollout.state, rollout.reason) == ("needs_attention", "not_verified")
    assert shop.writes() == writes


@pytest.mark.parametrize(
    ("check", "code"),
    [
        ("{name: x, script: 'true'}", "script"),
        ("{name: x, assert: [{same_as_stable: {}}]}", "compares"),
    ],
)
def test_checks_that_cannot_run_here_are_refused(shop, check, code):
    suite = read_suite(f"name: x\nchecks:\n  - {check}\n")
    assert problem_of(suite) == code
    with pytest.raises(StartRefused):
        shop.start(suite=suite)


def test_checks_are_sent_by_one_process_and_again_if_it_died(shop, probing, answering):
    shop.start(plan_of("10:2m,100", confirm_review=True), suite=read_suite(SUITE))
    shop.look()
    probing("live")
    run = {"state": "running", "at": timezone.now().isoformat()}
    RemoteRollout.objects.update(state="checking", check_run=run)
    assert shop.look(5).check_run == run and not answering["sent"]
    shop.look(200)
    assert len(answering["sent"]) == 1


def test_checks_that_take_long_do_not_hold_up_other_rollouts(shop, probing, answering, monkeypatch):
    monkeypatch.setattr("dashboard.rollouts.remote.evidence.ALL_SECONDS", -1)
    run = checked(shop, probing).check_run
    assert (run["state"], answering["sent"]) == ("broken", [])
