"""Sends the requests to hooks when they are due.

At least once: a request is claimed by moving its `next_try_at`, and retried with the same message
id until it is answered or `TRIES` attempts have failed. A hook that hangs delays no other.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from dashboard.rollouts.conductor.advance import record
from dashboard.rollouts.conductor.outgoing_calls import AT_ONCE, CLAIM, EACH, OutgoingCalls
from dashboard.rollouts.hooks.events import Progress
from dashboard.rollouts.hooks.models import HookDelivery
from dashboard.rollouts.hooks.signed_request import Result, SignedRequest, deliver
from dashboard.rollouts.hooks.url_encryption import decrypt_url
from routing.secret_encryption import DecryptionFailed, decrypt

log = logging.getLogger(__name__)

TRIES = 12
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0
"""Seconds between attempts, doubled each time: about an hour in total."""
ASKS_TO_WAIT = timedelta(seconds=15)
"""After this time a gate that answered `not_yet` is called again."""


class HookDeliveryQueue(OutgoingCalls[HookDelivery, Result]):
    """One conductor's requests that wait for an answer."""

    name = "hooks"

    def look(self, now: datetime) -> None:
        """Stores what was answered, then sends what is due."""
        self._store(now)
        busy = Counter(delivery.hook_id for delivery in self._waiting.values())
        due = HookDelivery.objects.filter(next_try_at__lte=now, hook__enabled=True)
        for delivery in due.select_related("hook", "rollout").order_by("next_try_at")[
            : 4 * AT_ONCE
        ]:
            if len(self._waiting) >= AT_ONCE:
                return
            if busy[delivery.hook_id] < EACH and _claim(delivery, now):
                busy[delivery.hook_id] += 1
                self._send(delivery, now)

    def _send(self, delivery: HookDelivery, now: datetime) -> None:
        try:
            signed = _signed_request(delivery)
        except DecryptionFailed as error:
            _save(delivery, Result(Progress.FAILED, str(error)), now)
            return
        self._waiting[self._pool.submit(deliver, signed, now)] = delivery

    def _store(self, now: datetime) -> None:
        for delivery, future in self._answered():
            try:
                result = future.result()
            except Exception:  # a guard: a fault in one request must not lose the others
                log.exception("hook %s: fault", delivery.hook_id)
                result = Result(Progress.FAILED, "An unexpected error. The log has the details.")
            _save(delivery, result, now)


def wait_after(attempts: int) -> timedelta:
    """Pause after this number of failures in a row."""
    return timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)))


def _claim(delivery: HookDelivery, now: datetime) -> bool:
    """Claims the request for this process; False if another one was faster."""
    same = HookDelivery.objects.filter(pk=delivery.pk, next_try_at=delivery.next_try_at)
    until = now + timedelta(seconds=delivery.hook.timeout) + CLAIM
    if not same.update(next_try_at=until, attempts=delivery.attempts + 1):
        return False
    delivery.next_try_at, delivery.attempts = until, delivery.attempts + 1
    return True


def _signed_request(delivery: HookDelivery) -> SignedRequest:
    hook = delivery.hook
    return SignedRequest(
        delivery.pk,
        decrypt_url(hook),
        decrypt(hook.sealed_secret),
        delivery.message_id,
        delivery.body,
        float(hook.timeout),
        delivery.is_gate,
    )


def _save(delivery: HookDelivery, result: Result, now: datetime) -> None:
    """Saves the result, unless the request was voided or claimed again in the meantime."""
    next_try_at = _next_try(delivery, result, now)
    answered = result.progress in (Progress.DONE, Progress.REFUSED)
    claimed = HookDelivery.objects.filter(pk=delivery.pk, next_try_at=delivery.next_try_at)
    if claimed.update(
        state=result.progress,
        answer=result.answer[:500],
        next_try_at=next_try_at,
        answered_at=now if answered else None,
    ):
        _add_to_story(delivery, result, next_try_at, now)


def _next_try(delivery: HookDelivery, result: Result, now: datetime) -> datetime | None:
    if result.progress is Progress.WAITING:
        return now + ASKS_TO_WAIT
    if result.progress is Progress.FAILED and delivery.attempts < TRIES:
        return now + wait_after(delivery.attempts)
    return None


def _add_to_story(
    delivery: HookDelivery, result: Result, next_try_at: datetime | None, now: datetime
) -> None:
    """Adds an event to the rollout for an answer, the first failure and the last failure."""
    if delivery.rollout is None:
        return
    code = _code(delivery, result, next_try_at)
    if code:
        facts = {
            "hook": delivery.hook.name,
            "event": delivery.event,
            "answer": result.answer[:300].rstrip("."),
            "attempts": delivery.attempts,
        }
        record(delivery.rollout, code, facts, now)


def _code(delivery: HookDelivery, result: Result, next_try_at: datetime | None) -> str:
    if result.progress is Progress.DONE:
        return "gate_opened" if delivery.is_gate else "hook_delivered"
    if result.progress is Progress.FAILED and next_try_at is None:
        return "hook_given_up"
    first = delivery.attempts == 1
    return "hook_failed" if result.progress is Progress.FAILED and first else ""
