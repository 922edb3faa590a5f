"""May this person do this? Views ask here; templates only show the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import RANK, Role, User
from dashboard.ui.page import page
from routing.trail.origin import note_refusal

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

#: As many names as fit beside a control that is off.
NAMED = 4


@dataclass(frozen=True, slots=True)
class Permission:
    """`why` is empty when it is allowed, else who the person is and who can."""

    allowed: bool
    role: Role
    why: str = ""

    def __bool__(self) -> bool:
        return self.allowed


def person(request: HttpRequest) -> User:
    """The signed-in person; the login middleware admits no one else."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person, changing something now."""
    return Actor(actor=person(request), source="dashboard", now=timezone.now())


def permission(user: User | AnonymousUser, role: Role) -> Permission:
    """Whether `user` has `role`; if not, with the names of those who do."""
    if isinstance(user, User) and user.may(role):
        return Permission(True, role)
    who = Role(user.role).label.lower() if isinstance(user, User) else "stranger"
    article = "an" if who[0] in "aeio" else "a"
    return Permission(False, role, f"You are {article} {who}. {_who_can(role)}")


def requires(role: Role) -> Callable[[View[P]], View[P]]:
    """Refuses people below `role` with a page that says who can (403)."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            allowed = permission(request.user, role)
            if not allowed:
                return refuse(request, allowed)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def refuse(request: HttpRequest, denied: Permission) -> HttpResponse:
    """The page that says nothing changed, and who can change it."""
    note_refusal(denied.why)
    return page(request, "403.html", {"denied": denied}, partial="refused", status=403)


def _who_can(role: Role) -> str:
    able = [r for r in Role if RANK[r] >= RANK[role]]
    names = list(
        User.objects.filter(is_active=True, by_token_only=False, role__in=able)
        .order_by("username")
        .values_list("username", flat=True)[: NAMED + 1]
    )
    if not names:
        return f"No one has the {role.label.lower()} role yet."
    more = " and others" if len(names) > NAMED else ""
    return f"{role.label}s: {', '.join(names[:NAMED])}{more}."
