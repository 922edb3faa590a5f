"""Notices: signed, sent at least once, retried with back-off, and visible when they fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.hooks.delivery_queue import TRIES, HookDeliveryQueue, wait_after
from dashboard.rollouts.hooks.events import Progress
from dashboard.rollouts.hooks.models import HookDelivery
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.retention.prune import prune
from routing.secret_encryption import encrypt
from routing.snapshot import Secret
from tests.dashboard.rollouts.external_guardrails.conftest import Server
from tests.dashboard.rollouts.hooks.conftest import Hooked
from tests.dashboard.rollouts.playbook import plan_of


def rolled_back(hooked: Hooked) -> None:
    """A rollout that ramped to 20% and was aborted."""
    hooked.start(plan_of("20:1h,100"))
    while hooked.rollout().state != State.RAMPING:
        hooked.look()
    ACTIONS["abort"](hooked.rollout(), ActionRequest(hooked.maya, "dashboard", hooked.now))
    while hooked.rollout().state != State.ROLLED_BACK:
        hooked.look()


def test_each_event_is_sent_once_and_signed_as_the_specification_has_it(
    hooked: Hooked, server: Server
) -> None:
    for event in ("before_stage", "before_step", "after_done", "on_rollback"):
        hooked.hook(server, event, url=f"{server.url}/{event}")
    rolled_back(hooked)
    hooked.now = timezone.now() + timedelta(seconds=1)
    hooked.carry_all()
    assert sorted(path for _, path, *_ in server.requests) == [
        "/before_stage",
        "/before_step",
        "/on_rollback",
    ]
    for _, path, headers, body in server.requests:
        secret = hooked.secrets[path[1:]]
        data = Webhook(secret).verify(body, headers)
        assert data["type"] == f"rollout.{path[1:]}"
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"
        assert "whsec" not in body.decode()
    assert hooked.codes().count("hook_delivered") == 3


def test_done_is_an_event_too(hooked: Hooked, server: Server) -> None:
    hooked.hook(server, "after_done")
    hooked.start(plan_of("100"))
    while hooked.rollout().state != State.DONE:
        hooked.look(5)
    hooked.carry_all()
    ((_, _, _, body),) = server.requests
    assert json.loads(body)["data"]["percentage"] == 100


def test_a_failure_is_retried_with_the_same_id_and_both_are_on_the_timeline(
    hooked: Hooked, server: Server
) -> None:
    server.status = 500
    hooked.hook(server, "on_rollback")
    rolled_back(hooked)
    hooked.carry_all()
    hooked.now += timedelta(seconds=4)
    hooked.carry_all()
    assert len(server.requests) == 1  # not before its time
    server.status = 204
    hooked.now += timedelta(seconds=2)
    hooked.carry_all()
    ids = {headers["webhook-id"] for _, _, headers, _ in server.requests}
    bodies = {body for *_, body in server.requests}
    assert (len(server.requests), len(ids), len(bodies)) == (2, 1, 1)
    assert [c for c in hooked.codes() if c.startswith("hook")] == ["hook_failed", "hook_delivered"]
    assert hooked.rollout().state == State.ROLLED_BACK


def test_it_is_given_up_after_a_while_and_says_so(hooked: Hooked, server: Server) -> None:
    server.status, server.location = 302, "http://127.0.0.1:1/"
    hooked.hook(server, "on_rollback")
    rolled_back(hooked)
    for _ in range(TRIES + 2):
        hooked.now += timedelta(minutes=11)
        hooked.carry_all()
    assert len(server.requests) == TRIES
    assert hooked.codes()[-1] == "hook_given_up"
    last = hooked.rollout().events.last()
    assert last is not None and "redirects are not followed" in last.facts["answer"]


def test_waits_double_up_to_ten_minutes_and_last_about_an_hour() -> None:
    waits = [wait_after(n).total_seconds() for n in range(1, TRIES)]
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 600
    assert 2400 < sum(waits) < 7200


def test_two_conductors_send_once_and_one_that_died_is_replaced(
    hooked: Hooked, server: Server
) -> None:
    hooked.hook(server, "on_rollback", timeout="5")
    rolled_back(hooked)
    delivery = HookDelivery.objects.get()
    HookDelivery.objects.update(next_try_at=hooked.now + timedelta(seconds=20))  # claimed, and died
    hooked.courier.look(hooked.now)
    assert server.requests == []
    hooked.now += timedelta(seconds=21)
    other = HookDeliveryQueue()
    other.look(hooked.now)
    hooked.courier.look(hooked.now)
    while other._waiting:
        other.look(hooked.now)
    delivery.refresh_from_db()
    assert (delivery.state, len(server.requests)) == (Progress.DONE, 1)


@pytest.mark.parametrize("closed", [True, False])
def test_a_receiver_that_is_away_or_hangs_is_given_up_in_time(
    hooked: Hooked, server: Server, closed: bool
) -> None:
    server.hang.set()
    url = "http://127.0.0.1:1/" if closed else server.url
    hooked.hook(server, "on_rollback", url=url, timeout="1")
    rolled_back(hooked)
    hooked.carry(lambda: "hook_failed" in hooked.codes())
    assert HookDelivery.objects.get().state == Progress.FAILED


def test_a_secret_that_signs_nothing_is_given_up_like_any_failure(
    hooked: Hooked, server: Server
) -> None:
    hook = hooked.hook(server, "on_rollback")
    hook.sealed_secret = encrypt(Secret("whsec_broken"))
    hook.save()
    rolled_back(hooked)
    hooked.carry_all()
    assert HookDelivery.objects.get().state == Progress.FAILED
    assert server.requests == []


def test_requests_of_old_rollouts_go_and_what_is_owed_stays(
    hooked: Hooked, server: Server, settings: Any
) -> None:
    settings.KEEP_ROLLOUTS = 30
    hooked.hook(server, "on_rollback")
    rolled_back(hooked)
    now, old = timezone.now(), timezone.now() - timedelta(days=31)
    HookDelivery.objects.update(created_at=old)
    assert HookDelivery.objects.filter(next_try_at=None).count() == 0
    prune(now)
    assert HookDelivery.objects.count() == 1, "still new_delivery"
    HookDelivery.objects.update(next_try_at=None)
    Rollout.objects.update(ended_at=now)
    prune(now)
    assert HookDelivery.objects.count() == 1, "the rollout ended a moment ago"
    Rollout.objects.update(ended_at=old)
    prune(now)
    assert not HookDelivery.objects.exists()
