"""Changes threads and comments. Everyone who is signed in may write."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.urls import reverse

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.discussion.mentions import GROUPS, mentioned
from dashboard.discussion.models import Comment, EarlierText, Thread
from dashboard.discussion.pins import Pin, PinRefused, check
from dashboard.limits.limits import COMMENTS
from dashboard.limits.messages import try_again
from dashboard.limits.rates import seconds_to_wait
from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from routing.control.deploy import active_deployment
from routing.models import Worker

LONGEST = 10_000
MOST_OPEN = 50
"""Threads of one person that are open at one Worker."""
MOST_COMMENTS = 500
"""Maximum comments of a thread."""


class NotAllowed(Exception):
    """The message says who is allowed. Nothing has changed."""


class Moved(Exception):
    """Another person changed it at the same time. Nothing has changed."""


def open_thread(
    worker: Worker, pin: Pin, text: str, by: Actor, rollout_id: UUID | None = None
) -> Thread:
    """A thread with its first comment. Raises `PinRefused`."""
    pin, text = check(pin), _checked(text)
    _check_rate(by)
    with transaction.atomic():
        own = Thread.objects.filter(worker=worker, username=_author(by).username)
        if own.filter(resolved_at=None).count() >= MOST_OPEN:
            message = f"You have {MOST_OPEN} open threads here. Resolve one, or reply in one."
            raise PinRefused("text", message)
        deployment = active_deployment(worker)
        thread = Thread.objects.create(
            worker=worker,
            kind=pin.kind,
            place=pin.place,
            path=pin.path,
            seen=pin.seen,
            deployment_id=str(deployment.id) if deployment else "",
            rollout_id=rollout_id,
            username=_author(by).username,
            created_at=by.now,
            active_at=by.now,
        )
        _add(thread, text, by)
    return thread


def reply(thread: Thread, text: str, by: Actor) -> Comment:
    """Adds a comment; a resolved thread is open again. Raises `PinRefused`."""
    text = _checked(text)
    _check_rate(by)
    with transaction.atomic():
        thread = Thread.objects.select_for_update().get(pk=thread.pk)
        if thread.comments.count() >= MOST_COMMENTS:
            raise PinRefused("text", f"This thread has {MOST_COMMENTS} comments. Open another one.")
        thread.active_at, thread.resolved_at, thread.resolved_by = by.now, None, ""
        thread.save(update_fields=["active_at", "resolved_at", "resolved_by"])
        return _add(thread, text, by)


def edit(comment: Comment, text: str, was: str, by: Actor) -> None:
    """Replaces the text and stores the previous one. `was`: the text that the author edited. Raises
    `NotAllowed`, `Moved`, `PinRefused`."""
    text = _checked(text)
    with transaction.atomic():
        comment = Comment.objects.select_for_update().get(pk=comment.pk)
        if comment.author_id != _author(by).pk:
            raise NotAllowed(f"Only {comment.username} edits this comment.")
        if comment.deleted_at or comment.text != was:
            raise Moved("This comment was changed in another window.")
        if comment.text == text:
            return
        before = set(_people(comment.text))
        EarlierText.objects.create(comment=comment, text=comment.text, replaced_at=by.now)
        comment.text, comment.edited_at = text, by.now
        comment.save(update_fields=["text", "edited_at"])
        _notify(comment, [user for user in _people(text) if user not in before])


def delete(comment: Comment, by: Actor) -> None:
    """Deletes the text and its history. For its author or an admin. Raises `NotAllowed`."""
    actor = _author(by)
    with transaction.atomic():
        comment = Comment.objects.select_for_update().get(pk=comment.pk)
        if comment.author_id != actor.pk and not actor.may(Role.ADMIN):
            raise NotAllowed(f"Only {comment.username} or an admin deletes this comment.")
        if comment.deleted_at:
            return
        comment.earlier.all().delete()
        comment.text, comment.deleted_at, comment.deleted_by = "", by.now, actor.username
        comment.save(update_fields=["text", "deleted_at", "deleted_by"])
        if comment.author_id != actor.pk:
            by.record(
                "comment.delete", comment.thread.worker.name, after={"author": comment.username}
            )


def resolve(thread: Thread, by: Actor, *, resolved: bool) -> None:
    """Resolves or reopens a thread. For its author or an operator. Raises `NotAllowed`."""
    actor = _author(by)
    if thread.username != actor.username and not actor.may(Role.OPERATOR):
        raise NotAllowed(f"{thread.username} or an operator resolves this thread.")
    changes = {"resolved_at": by.now if resolved else None}
    names = {"resolved_by": actor.username if resolved else ""}
    Thread.objects.filter(pk=thread.pk).update(**changes, **names)


def _add(thread: Thread, text: str, by: Actor) -> Comment:
    author = _author(by)
    comment = Comment.objects.create(
        thread=thread, author=author, username=author.username, text=text, created_at=by.now
    )
    _notify(comment, _people(text))
    return comment


def _people(text: str) -> list[User]:
    """Active people that a text mentions by name or group."""
    people = {user.username: user for user in User.objects.filter(is_active=True)}
    mentioned_people: dict[str, User] = {}
    for name in mentioned(text, people):
        if name in people:
            mentioned_people[name] = people[name]
        else:
            role = GROUPS[name]
            mentioned_people |= {
                user.username: user for user in people.values() if user.role == role
            }
    return list(mentioned_people.values())


def _notify(comment: Comment, people: list[User]) -> None:
    others = [user for user in people if user.pk != comment.author_id]
    if not others:
        return
    worker = comment.thread.worker.name
    notify(
        Event.MENTION,
        now=comment.edited_at or comment.created_at,
        worker=worker,
        by=comment.author,
        people=others,
        facts={"text": comment.thread.place, "comment": comment.text[:500]},
        link=f"{reverse('discussion:worker', args=[worker])}#comment-{comment.pk}",
    )


def _check_rate(by: Actor) -> None:
    """Each comment may notify many people."""
    if seconds := seconds_to_wait(COMMENTS, str(_author(by).pk)):
        raise PinRefused("text", try_again(seconds))


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise PinRefused("text", "Write a comment.")
    if len(text) > LONGEST:
        raise PinRefused("text", f"At most {LONGEST:,} characters; this has {len(text):,}.")
    return text


def _author(by: Actor) -> User:
    assert by.actor is not None, "comments are written by people"
    return by.actor
