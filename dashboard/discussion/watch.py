"""Hand-over, needs attention, looked at."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import User
from dashboard.discussion.models import Attention, HandOver, Look
from dashboard.discussion.pins import PinRefused
from dashboard.discussion.threads import Moved
from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from routing.control.deploy import active_deployment
from routing.models import Worker

LONGEST_NOTE = 2_000
LONGEST_REASON = 500

Follower = Callable[[HandOver, User], None]
"""Called in the transaction when a person takes over a Worker."""
_followers: list[Follower] = []


def follow_take_over(follower: Follower) -> None:
    if follower not in _followers:
        _followers.append(follower)


def hand_over(
    worker: Worker, to: User, watch: str, then: str, by: Actor, rollout_id: UUID | None = None
) -> HandOver:
    """Replaces an open hand-over. Raises `PinRefused`, and `Moved` when another one came first."""
    watch, then = watch.strip(), then.strip()
    if not watch and not then:
        raise PinRefused("watch", "Write what to watch or what to do then.")
    for field, text in (("watch", watch), ("then", then)):
        if len(text) > LONGEST_NOTE:
            raise PinRefused(field, f"At most {LONGEST_NOTE:,} characters.")
    assert by.actor is not None
    try:
        with transaction.atomic():
            open_ones = HandOver.objects.filter(worker=worker, ended_at=None)
            open_ones.update(ended_at=by.now)
            note = HandOver.objects.create(
                worker=worker,
                from_username=by.actor.username,
                to=to,
                watch=watch,
                then=then,
                rollout_id=rollout_id,
                created_at=by.now,
            )
            by.record("worker.hand_over", worker.name, after={"to": to.username})
            _notify(worker, to, by, f"A hand-over to you. Watch: {watch} Then: {then}")
    except IntegrityError as error:
        raise Moved("Another person wrote a hand-over a moment ago.") from error
    return note


def take_over(note: HandOver, by: Actor) -> None:
    """Raises `Moved` if the note was taken or replaced."""
    assert by.actor is not None
    open_one = HandOver.objects.filter(pk=note.pk, ended_at=None)
    with transaction.atomic():
        if not open_one.update(ended_at=by.now, taken=True):
            raise Moved("This hand-over is over: it was taken or replaced.")
        by.record("worker.take_over", note.worker.name, after={"from": note.from_username})
        for follow in _followers:
            follow(note, by.actor)


def ask_attention(worker: Worker, reason: str, owner: User | None, by: Actor) -> Attention:
    """Replaces an open one. Raises `PinRefused` and `Moved`."""
    reason = reason.strip()
    if not reason:
        raise PinRefused("reason", "Write why it needs attention.")
    if len(reason) > LONGEST_REASON:
        raise PinRefused("reason", f"At most {LONGEST_REASON} characters.")
    assert by.actor is not None
    try:
        with transaction.atomic():
            _end_attention(worker, by)
            attention = Attention.objects.create(
                worker=worker,
                reason=reason,
                owner=owner,
                username=by.actor.username,
                created_at=by.now,
            )
            after = {"reason": reason, "owner": owner.username if owner else ""}
            by.record("worker.attention", worker.name, after=after)
            _notify(worker, owner, by, f"It needs attention, and you take care: {reason}")
    except IntegrityError as error:
        raise Moved("Another person asked for attention a moment ago.") from error
    return attention


def clear_attention(worker: Worker, by: Actor) -> bool:
    """Whether there was one."""
    with transaction.atomic():
        ended = _end_attention(worker, by)
        if ended:
            by.record("worker.attention_over", worker.name, after={})
    return ended


def look(worker: Worker, by: Actor) -> bool:
    """Records that a person looked at the active deployment; False without one."""
    deployment = active_deployment(worker)
    if deployment is None or by.actor is None:
        return False
    Look.objects.update_or_create(
        worker=worker,
        deployment_id=str(deployment.id),
        username=by.actor.username,
        defaults={"at": by.now},
    )
    return True


def _end_attention(worker: Worker, by: Actor) -> bool:
    open_ones = Attention.objects.filter(worker=worker, ended_at=None)
    name = by.actor.username if by.actor else ""
    return bool(open_ones.update(ended_at=by.now, ended_by=name))


def _notify(worker: Worker, person: User | None, by: Actor, text: str) -> None:
    """Notifies a person of a new responsibility, unless they took it themselves."""
    if person is None or person == by.actor:
        return
    link = reverse("discussion:worker", args=[worker.name])
    facts = {"text": text[:1_000]}
    notify(
        Event.MENTION,
        now=by.now,
        worker=worker.name,
        by=by.actor,
        people=[person],
        facts=facts,
        link=link,
    )
