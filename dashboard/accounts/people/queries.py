"""People and tokens as their page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from dashboard.accounts.messages import MAY
from dashboard.accounts.models import Role, Token, User, lasting
from dashboard.accounts.sign_in.second_factor import FACTORS
from dashboard.accounts.tokens import acts_as

SOON = timedelta(days=14)
ENDED = 20
NOW = timedelta(minutes=2)
"""Activity is recorded at least this often."""


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
    def ended(self) -> bool:
        return self.state in ("revoked", "expired")

    @property
    def works(self) -> bool:
        return self.state in ("used", "soon")

    @property
    def acts_as(self) -> str:
        """The role of its requests."""
        return acts_as(self.token) or "no role"

    @property
    def wide(self) -> bool:
        """Whether it changes every Worker."""
        return not self.token.workers and acts_as(self.token) not in (None, Role.VIEWER)


def people(now: datetime) -> list[PersonRow]:
    """All people, those who may sign in first. One query."""
    users = User.objects.annotate(
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
        for user in users
    ]


def tokens(person: User, now: datetime) -> list[TokenRow]:
    """Those that `person` may see, their own or as an admin all; those in use first, and of those
    that ended the newest."""
    visible = Token.objects.select_related("user", "made_by").order_by("-created_on")
    if not person.may(Role.ADMIN):
        visible = visible.filter(user=person)
    rows = [TokenRow(token, state_of(token, now)) for token in visible]
    ended = [row for row in rows if row.ended]
    return [row for row in rows if not row.ended] + ended[:ENDED]


def state_of(token: Token, now: datetime) -> str:
    soon = token.expires_on is not None and token.expires_on - now < SOON
    return token.ended(now) or ("soon" if soon else "used")
