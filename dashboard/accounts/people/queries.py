"""People and tokens as their page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from dashboard.accounts.models import Role, Token, User, lasting
from dashboard.accounts.sign_in.second_factor import FACTORS
from dashboard.accounts.tokens import acts_as

#: What each role may do (spec, People).
MAY = {
    Role.VIEWER: "see everything, use the playground with GET and HEAD",
    Role.OPERATOR: "upload, deploy, use every method in the playground",
    Role.REVIEWER: "operate, approve or reject what a policy says needs it",
    Role.ADMIN: "operate, approve, manage people, tokens and exports, delete Workers",
}
SOON = timedelta(days=14)
ENDED = 20
NOW = timedelta(minutes=2)
"""Who is here is noted at least this often."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`tokens` and `sessions` are those in use; `state` is "", "invited", "machine" or "off"."""

    person: User
    sessions: int
    tokens: int
    here: bool
    second_factor: bool

    @property
    def may(self) -> str:
        return MAY[Role(self.person.role)]

    @property
    def state(self) -> str:
        if not self.person.is_active:
            return "off"
        if self.person.by_token_only:
            return "machine"
        return "" if self.person.has_usable_password() else "invited"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """`state` is "used", "soon" (ends within 14 days), "expired", "revoked" or "off" (as its
    owner)."""

    token: Token
    state: str

    @property
    def acts_as(self) -> str:
        """The role that it comes to."""
        return acts_as(self.token) or "nobody"

    @property
    def wide(self) -> bool:
        """Whether it changes every Worker."""
        return not self.token.workers and acts_as(self.token) not in (None, Role.VIEWER)


def people(now: datetime) -> list[PersonRow]:
    """Everybody, those who may sign in first: one query."""
    found = User.objects.annotate(
        open_sessions=Count("sessions", Q(sessions__expire_date__gt=now), distinct=True),
        tokens_in_use=Count("tokens", lasting(now, "tokens__"), distinct=True),
        factors=Count("authenticator", Q(authenticator__type__in=FACTORS), distinct=True),
    ).order_by("-is_active", "by_token_only", "username")
    return [
        PersonRow(
            person=user,
            sessions=user.open_sessions,
            tokens=user.tokens_in_use,
            here=bool(user.seen_on and now - user.seen_on < NOW),
            second_factor=bool(user.factors),
        )
        for user in found
    ]


def tokens(person: User, now: datetime) -> list[TokenRow]:
    """Those that `person` may see, their own or as an admin all; those in use first, and of those
    that ended the newest."""
    found = Token.objects.select_related("user", "made_by").order_by("-created_on")
    if not person.may(Role.ADMIN):
        found = found.filter(user=person)
    rows = [TokenRow(t, state_of(t, now)) for t in found]
    over = [row for row in rows if row.state in ("revoked", "expired")]
    return [row for row in rows if row.state not in ("revoked", "expired")] + over[:ENDED]


def state_of(token: Token, now: datetime) -> str:
    soon = token.expires_on is not None and token.expires_on - now < SOON
    return token.ended(now) or ("soon" if soon else "used")
