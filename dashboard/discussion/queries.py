"""The threads of a Worker's page. A constant number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from dashboard.accounts.models import User
from dashboard.discussion.markdown import render
from dashboard.discussion.mentions import GROUPS, mentioned
from dashboard.discussion.models import Comment, Thread
from dashboard.discussion.pins import KINDS, Kind
from routing.models import Worker

PAGE = 30
"""Threads of a page."""
SHOWS = ("open", "all", "mine")


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment, with the reader's permissions."""

    comment: Comment
    html: SafeString
    earlier: int
    own: bool


@dataclass(frozen=True, slots=True)
class ThreadView:
    thread: Thread
    kind: Kind
    comments: Sequence[CommentView]

    @property
    def title(self) -> str:
        return self.thread.place or "The deployment as a whole"


def threads_of(
    worker: Worker,
    show: str,
    me: User,
    names: Collection[str],
    rollout_id: UUID | None = None,
) -> tuple[list[ThreadView], int]:
    """The first page of threads by newest activity, and their total."""
    rows = _filtered(worker, show, me)
    if rollout_id is not None:
        rows = rows.filter(rollout_id=rollout_id)
    ordered = rows.order_by("-active_at").prefetch_related("comments__earlier")
    return [view_of(thread, me, names) for thread in ordered[:PAGE]], rows.count()


def view_of(thread: Thread, me: User, names: Collection[str]) -> ThreadView:
    comments = [
        CommentView(
            comment,
            render(comment.text, names, me.username),
            len(comment.earlier.all()),
            comment.author_id == me.pk,
        )
        for comment in thread.comments.all()
    ]
    return ThreadView(thread, KINDS.get(thread.kind, KINDS["general"]), comments)


def counts_of(worker: Worker, me: User) -> dict[str, int]:
    """Threads by filter."""
    return {show: _filtered(worker, show, me).count() for show in SHOWS}


def newest_comment(worker: Worker) -> int:
    """The id of the newest comment; 0 without any."""
    newest = Comment.objects.filter(thread__worker=worker).order_by("-pk")
    return newest.values_list("pk", flat=True).first() or 0


def people_to_mention() -> list[User]:
    return list(User.objects.filter(is_active=True, by_token_only=False).order_by("username"))


def _filtered(worker: Worker, show: str, me: User) -> QuerySet[Thread]:
    rows = Thread.objects.filter(worker=worker)
    if show == "open":
        return rows.filter(resolved_at=None)
    if show != "mine":
        return rows
    words = Q(comments__text__icontains=f"@{me.username}")
    for group, role in GROUPS.items():
        if role == me.role:
            words |= Q(comments__text__icontains=f"@{group}")
    # A text search finds candidates; mentions are then parsed as in rendering.
    candidates = rows.filter(words).distinct().prefetch_related("comments")
    own = {me.username, *(group for group, role in GROUPS.items() if role == me.role)}
    ids = [
        thread.pk
        for thread in candidates
        if any(own & set(mentioned(c.text, [me.username])) for c in thread.comments.all())
    ]
    return rows.filter(pk__in=ids)
