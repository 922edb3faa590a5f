"""What the Conversation tab shows. A constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.discussion import queries
from dashboard.discussion.models import Attention, HandOver, Look
from dashboard.discussion.pins import KINDS, Kind
from dashboard.discussion.queries import ThreadView
from dashboard.live.pages import presence
from dashboard.live.pages.presence import Others
from routing.control.deploy import active_deployment
from routing.models import Deployment, Share, Worker


@dataclass(frozen=True, slots=True)
class FormProblem:
    """Why a form was rejected: its view, the field, and the thread or comment it is about."""

    why: str
    form: str = ""
    field: str = ""
    thread_id: int | None = None
    comment_id: int | None = None


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """`looks` are at the active deployment; `typed` fills the forms; `here` are people with the
    page open."""

    worker: Worker
    threads: Sequence[ThreadView]
    total: int
    show: str
    counts: dict[str, int]
    newest: int
    people: Sequence[User]
    kinds: Mapping[str, Kind]
    here: Others
    can: Permission
    is_admin: bool
    deployment: Deployment | None
    shares: Sequence[Share]
    looks: list[Look]
    hand_over: HandOver | None
    attention: Attention | None
    typed: Mapping[str, str]
    problem: FormProblem | None


def conversation_page(
    worker: Worker,
    me: User,
    show: str,
    typed: Mapping[str, str],
    problem: FormProblem | None = None,
) -> ConversationPage:
    people = queries.people_to_mention()
    rows, total = queries.threads_of(worker, show, me, [user.username for user in people])
    deployment = active_deployment(worker)
    active = str(deployment.id) if deployment else ""
    is_open = {"worker": worker, "ended_at": None}
    return ConversationPage(
        worker=worker,
        threads=rows,
        total=total,
        show=show,
        counts=queries.counts_of(worker, me),
        newest=queries.newest_comment(worker),
        people=people,
        kinds=KINDS,
        here=presence.others(me, worker.name, shown=20),
        can=permission(me, Role.OPERATOR),
        is_admin=me.may(Role.ADMIN),
        deployment=deployment,
        shares=list(deployment.shares.select_related("version")) if deployment else (),
        looks=list(Look.objects.filter(worker=worker, deployment_id=active).order_by("-at")),
        hand_over=HandOver.objects.select_related("to").filter(**is_open).first(),
        attention=Attention.objects.select_related("owner").filter(**is_open).first(),
        typed=typed,
        problem=problem,
    )
